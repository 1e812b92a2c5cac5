/** Makes a failing case smaller: fewer inputs (delta debugging), then fewer steps, then fewer inputs again. It keeps what still fails. */
import type { GoldenCase, Step } from '@millrace/app-goldens';

const runsMax = 400;
/** Steps that pass on what they get: without one, what follows reads what it read. */
const removable = new Set(['filter', 'filterNot', 'mapValues', 'flatMapValues', 'peek', 'suppress']);

/** The last inputs, those that close what is open, stay. */
export async function shrinkCase(
  golden: GoldenCase,
  closing: number,
  fails: (smaller: GoldenCase) => Promise<boolean>,
): Promise<GoldenCase> {
  let best = golden;
  let runs = 0;
  const keeps = async (smaller: GoldenCase): Promise<boolean> => {
    if (runs >= runsMax) return false;
    runs++;
    if (!(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  await fewerInputs(() => best, closing, keeps);
  await fewerSteps(() => best, keeps);
  await fewerInputs(() => best, closing, keeps);
  return best;
}

type Keeps = (smaller: GoldenCase) => Promise<boolean>;

async function fewerInputs(best: () => GoldenCase, closing: number, keeps: Keeps): Promise<void> {
  const count = (): number => best().inputs.length - closing;
  for (let size = Math.ceil(count() / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < count();) {
      const inputs = best().inputs.toSpliced(at, Math.min(size, count() - at));
      if (inputs.length === 0 || !(await keeps({ ...best(), inputs }))) at += size;
    }
  }
}

async function fewerSteps(best: () => GoldenCase, keeps: Keeps): Promise<void> {
  for (let at = 0; at < best().topology.length;) {
    const topology = without(best().topology, at);
    if (topology === undefined || !(await keeps({ ...best(), topology }))) at++;
  }
}

function without(topology: readonly Step[], at: number): Step[] | undefined {
  const step = topology[at];
  if (step === undefined || !removable.has(step.op) || step.in === undefined || step.out === undefined)
    return undefined;
  const renamed = (name: string | undefined): string | undefined => (name === step.out ? step.in : name);
  return topology.toSpliced(at, 1).map((other) => {
    const from = renamed(other.in);
    const beside = renamed(other.other);
    return {
      ...other,
      ...(from === undefined ? {} : { in: from }),
      ...(beside === undefined ? {} : { other: beside }),
    };
  });
}
