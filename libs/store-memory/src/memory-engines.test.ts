import { stateEngineSuite } from '@millrace/testing/conformance';
import { memoryEngines } from './memory-engines.ts';

stateEngineSuite({ name: 'memory', open: () => Promise.resolve(memoryEngines()), scansAtOnce: true });
