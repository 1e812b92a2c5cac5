/** Id and epoch under which a producer writes. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}
