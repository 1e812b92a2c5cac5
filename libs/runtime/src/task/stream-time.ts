/**
 * Event-time progress. Operators are told the time, they never compute it: today it is Kafka Streams' observed stream time, the greatest timestamp
 * that reached the operator; watermarks that travel through repartition topics will come in here without touching an operator.
 */
export interface StreamTime {
  /** A record with this timestamp has reached the operator; gives the stream time, the record included. */
  advance(timestamp: number): number;
}

/** The JVM's rule: a private maximum for each operator and task; it begins anew with the task. */
export function observedStreamTime(): StreamTime {
  let observed = -1;
  return {
    advance: (timestamp) => {
      if (timestamp > observed) observed = timestamp;
      return observed;
    },
  };
}
