export { memoryEngines } from './memory-engines.ts';
