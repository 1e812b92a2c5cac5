/**
 * Makes a failing plan smaller: fewer faults (delta debugging), then fewer workers, partitions and posts, then a quiet network.
 * It keeps every change after which the plan still fails.
 */
import type { Plan } from './plan.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly runs: number;
}

/** `fails` runs a plan; at most `limit` runs are made. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>, limit: number): Promise<Shrunk> {
  let best = plan;
  let runs = 0;
  const keeps = async (smaller: Plan): Promise<boolean> => {
    if (runs >= limit) return false;
    runs++;
    if (!(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  await fewerFaults(() => best, keeps);
  for (const simplify of simplifications) {
    let smaller = simplify(best);
    while (smaller !== undefined && (await keeps(smaller))) smaller = simplify(best);
  }
  return { plan: best, runs };
}

/** ddmin: takes away halves, then quarters, down to single faults. */
async function fewerFaults(best: () => Plan, keeps: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (let size = Math.ceil(best().faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best().faults.length;) {
      const faults = best().faults.toSpliced(at, size);
      if (!(await keeps({ ...best(), faults }))) at += size;
    }
  }
}

/** Each gives a smaller plan, or undefined when there is none in its direction. */
const simplifications: readonly ((plan: Plan) => Plan | undefined)[] = [
  (plan) => (plan.workers > 1 && withoutWorker(plan, plan.workers - 1)) || undefined,
  (plan) => (plan.partitions > 1 ? { ...plan, partitions: plan.partitions - 1 } : undefined),
  (plan) => (plan.posts > 1 ? { ...plan, posts: Math.floor(plan.posts / 2) } : undefined),
  (plan) => (plan.feedAbortShare === undefined ? undefined : { ...plan, feedAbortShare: undefined }),
  (plan) => (plan.network.slowShare > 0 ? { ...plan, network: { ...plan.network, slowShare: 0 } } : undefined),
  (plan) =>
    plan.network.lostReplyShare > 0 ? { ...plan, network: { ...plan.network, lostReplyShare: 0 } } : undefined,
  (plan) => (plan.disk.latencyMs > 0 ? { ...plan, disk: { latencyMs: 0, slowShare: 0 } } : undefined),
  (plan) => (plan.cacheBytes > 0 ? { ...plan, cacheBytes: 0 } : undefined),
];

function withoutWorker(plan: Plan, worker: number): Plan {
  return {
    ...plan,
    workers: worker,
    faults: plan.faults.filter((fault) => !('worker' in fault) || fault.worker < worker),
  };
}
