/** CPU time of this process with all its threads: the one figure that a busy machine leaves alone, nearly. */

/** CPU seconds that `run` took. */
export async function cpuSeconds(run: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Runs contestants in turn, round after round, so that whatever else the machine does meets all of them; gives the least of each. */
export async function interleaved<N extends string>(
  rounds: number,
  contestants: Readonly<Record<N, () => Promise<number>>>,
): Promise<Readonly<Record<N, number>>> {
  const least = {} as Record<N, number>;
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(contestants) as [N, () => Promise<number>][]) {
      least[name] = Math.min(least[name] ?? Infinity, await measure());
    }
  }
  return least;
}

export function rounded(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}
