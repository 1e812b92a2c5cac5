export { stateEngineSuite, type StateEngineSuite } from './state-engine.ts';
