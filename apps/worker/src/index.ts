export { loadTopology } from 'millrace';
