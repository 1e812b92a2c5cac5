/** CPU and wall-clock time of this process at a moment. */
export interface Mark {
  readonly wallMs: number;
  readonly cpuUs: number;
  /** Records processed by then. */
  readonly records: number;
}

export function mark(records: number): Mark {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuUs: user + system, records };
}

export function cpuSeconds(from: Mark, to: Mark): number {
  return (to.cpuUs - from.cpuUs) / 1e6;
}
