export { loadTopology } from './load-topology.ts';
