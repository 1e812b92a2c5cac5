/** Record batches on one core: 10 B key, 100 B value, 10 000 records a batch, encoded and decoded in memory. */
import { BatchBuilder, RecordColumns, decodeBatch, readBatchHeader, type BatchHeader } from '@millrace/protocol';
import { cpuSeconds, interleaved, rounded } from './cpu.ts';
import { sampleRecords } from './sample-records.ts';

const count = 10_000;
const repeats = 40;

/** Prints a JSON line: millions of records a CPU second, the best of several interleaved rounds. */
export async function protocolBench(): Promise<void> {
  const { keys, values } = sampleRecords(count);
  const encode = (): Buffer => {
    const builder = new BatchBuilder({ initialBytes: 1_300_000 });
    for (let i = 0; i < count; i++) builder.append(keys[i] as Buffer, values[i] as Buffer, 1_700_000_000_000 + i);
    return builder.build();
  };
  const batch = encode();
  const header = readBatchHeader(batch, 0) as BatchHeader;
  const columns = new RecordColumns();
  const decode = (checkCrc: boolean) => (): void => {
    columns.reset();
    decodeBatch(batch, header, columns, { checkCrc });
  };
  const timed = (run: () => void) => (): Promise<number> =>
    cpuSeconds(() => {
      for (let i = 0; i < repeats; i++) run();
    });
  const contestants = { encode: timed(encode), decode: timed(decode(true)), decodeWithoutCrc: timed(decode(false)) };
  await interleaved(2, contestants);
  const seconds = await interleaved(10, contestants);
  const rate = (of: keyof typeof contestants): number => rounded((repeats * count) / seconds[of] / 1e6, 2);
  const result = { decode: rate('decode'), encode: rate('encode'), decodeWithoutCrc: rate('decodeWithoutCrc') };
  const wanted = { decode: 6, encode: 4 };
  const reached = result.decode >= wanted.decode && result.encode >= wanted.encode;
  const unit = 'M records per CPU second';
  process.stdout.write(`${JSON.stringify({ bench: 'protocol', unit, ...result, wanted, reached })}\n`);
}
