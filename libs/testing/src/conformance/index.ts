export { stateEngineSuite, type StateEngineSuite } from './state-engine.ts';
export { suiteTables, tableSinkSuite, type Row, type TableSinkHarness, type TableSinkSuite } from './table-sink.ts';
