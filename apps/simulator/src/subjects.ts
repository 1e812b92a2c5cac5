/** What the simulator can run besides the main job, for its command line. */
import { asyncSteps } from './async/async-subject.ts';
import { operators } from './operators/operators-subject.ts';
import type { Subject } from './subject.ts';

export const subjects: readonly Subject[] = [operators, asyncSteps({ calls: 0, failures: 0, silent: 0, refused: 0 })];
