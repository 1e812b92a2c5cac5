/**
 * What a partition remembers of its producers: epoch and the last five batches of each, to recognise a repetition, a gap and a
 * fenced producer (KIP-98, KIP-360).
 */
import { errorCodes, type BatchHeader } from '@millrace/protocol';

const rememberedBatches = 5;
const maxSequence = 0x7fff_ffff;

/** A batch that was appended. */
export interface AppendedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly appendTimeMs: number;
}

/** A producer as a partition knows it. */
export interface ProducerState {
  readonly producerId: number;
  epoch: number;
  recent: AppendedBatch[];
  lastTimestamp: number;
  coordinatorEpoch: number;
}

/** The producers of a partition. */
export class ProducerStates {
  readonly #states = new Map<number, ProducerState>();

  all(): Iterable<ProducerState> {
    return this.#states.values();
  }

  /** The epoch that was seen last; -1 for a producer that is not known. */
  epochOf(producerId: number): number {
    return this.#states.get(producerId)?.epoch ?? -1;
  }

  /** The earlier append of the same batch. */
  duplicateOf(batch: BatchHeader): AppendedBatch | undefined {
    const state = this.#states.get(batch.producerId);
    if (state?.epoch !== batch.producerEpoch) return undefined;
    const last = lastSequenceOf(batch);
    return state.recent.find((seen) => seen.firstSequence === batch.baseSequence && seen.lastSequence === last);
  }

  /** Kafka's error for a batch that may not be appended; 0 if it may. `bumpsEpoch`: the producer has transactions v2. */
  refusal(batch: BatchHeader, bumpsEpoch: boolean): number {
    const state = this.#states.get(batch.producerId);
    if (state === undefined)
      return bumpsEpoch && batch.baseSequence !== 0 ? errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER : 0;
    if (batch.producerEpoch < state.epoch) return errorCodes.INVALID_PRODUCER_EPOCH;
    const last = state.recent.at(-1)?.lastSequence;
    if (batch.producerEpoch > state.epoch)
      return batch.baseSequence === 0 ? 0 : errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER;
    const next = last === undefined || last === maxSequence ? 0 : last + 1;
    return batch.baseSequence === next ? 0 : errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER;
  }

  /** A batch is on the log. */
  appended(batch: BatchHeader, baseOffset: number, appendTimeMs: number): void {
    const state = this.#stateAt(batch.producerId, batch.producerEpoch);
    state.lastTimestamp = batch.maxTimestamp;
    const { baseSequence: firstSequence } = batch;
    state.recent.push({ firstSequence, lastSequence: lastSequenceOf(batch), baseOffset, appendTimeMs });
    if (state.recent.length > rememberedBatches) state.recent.shift();
  }

  /** A marker is on the log. */
  marked(producerId: number, epoch: number, timestamp: number): void {
    const state = this.#stateAt(producerId, epoch);
    state.lastTimestamp = timestamp;
    state.coordinatorEpoch = 0;
  }

  /** A new epoch begins without a past. */
  #stateAt(producerId: number, epoch: number): ProducerState {
    let state = this.#states.get(producerId);
    if (state === undefined) {
      state = { producerId, epoch, recent: [], lastTimestamp: -1, coordinatorEpoch: -1 };
      this.#states.set(producerId, state);
    } else if (state.epoch !== epoch) {
      state.epoch = epoch;
      state.recent = [];
    }
    return state;
  }
}

function lastSequenceOf({ baseSequence, count }: BatchHeader): number {
  const last = baseSequence + count - 1;
  return last > maxSequence ? last - maxSequence - 1 : last;
}
