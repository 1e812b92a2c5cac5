/** Which process runs and which keeps copies of which task, as the leader has last said it to all members. */
export interface ClusterView {
  readonly processes: readonly ProcessView[];
}

export interface ProcessView {
  readonly processId: string;
  /** application.server, or null. */
  readonly host: string | null;
  /** Tasks that it runs, by their text. */
  readonly active: readonly string[];
  /** Tasks that it keeps copies of. */
  readonly standby: readonly string[];
}

/** Whether anybody needs to know: without copies and without addresses the view is not sent. */
export function isWorthSending({ processes }: ClusterView): boolean {
  return processes.some(({ host, standby }) => host !== null || standby.length > 0);
}
