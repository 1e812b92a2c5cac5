export { levelEngines, type LevelOptions } from './level-engines.ts';
