/** A window of event time, ms since the epoch: `[start, end)`. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** A key in a window: the key of windowed aggregations, as in Kafka Streams. */
export interface Windowed<K> {
  readonly key: K;
  readonly window: Window;
}
