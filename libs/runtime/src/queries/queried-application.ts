import type { StateStore } from '@millrace/state';
import type { Program } from '@millrace/topology';
import type { ApplicationPlan } from '../application/application-plan.ts';
import type { ClusterView, ProcessView } from '../application/cluster-view.ts';
import type { StreamsConfig } from '../settings/config.ts';
import type { StandbyTasks } from '../standby/standby-tasks.ts';
import type { StreamsState } from '../application/streams-state.ts';
import type { RunningThread } from '../thread/thread-parts.ts';
import type { StreamsPorts } from '../application/streams-ports.ts';

/** What queries see of their application. */
export interface QueriedApplication {
  readonly program: Program;
  readonly config: StreamsConfig;
  readonly ports: StreamsPorts;
  state(): StreamsState;
  /** Undefined before it is known, early in the start. */
  plan(): ApplicationPlan | undefined;
  threads(): Iterable<RunningThread>;
  standbys(): StandbyTasks | undefined;
  cluster(): ClusterView;
  isOwn(process: ProcessView): boolean;
  /** A global store that is up to date. */
  globalStore(name: string): StateStore | undefined;
}
