export { freshMemoryEngine, memoryEngines } from './memory-engines.ts';
