/** A window of event time, ms since the epoch: `[start, end)`. */
export interface Window {
  /** First ms of the window. */
  readonly start: number;
  /** The ms behind its last one; of a session and a sliding window the last one itself. */
  readonly end: number;
}

/** A key in a window: the key of windowed aggregations, as in Kafka Streams. */
export interface Windowed<K> {
  /** The key of the records. */
  readonly key: K;
  /** The window they were counted in. */
  readonly window: Window;
}
