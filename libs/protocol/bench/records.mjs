// Record batches, one core: 10 B key, 100 B value, 10 000 records a batch. Build the package first. Prints one JSON line.
import { BatchBuilder, RecordColumns, decodeBatch, readBatchHeader } from '../dist/index.js';

const COUNT = 10_000;
const keys = Array.from({ length: COUNT }, (_, i) => Buffer.from(String(i).padStart(10, 'k')));
const values = Array.from({ length: COUNT }, (_, i) =>
  Buffer.from(`{"id":${i},"text":"`.padEnd(98, 'abc def ') + '"}'),
);

function encode() {
  const builder = new BatchBuilder({ initialBytes: 1_300_000 });
  for (let i = 0; i < COUNT; i++) builder.append(keys[i], values[i], 1_700_000_000_000 + i);
  return builder.build();
}

function rate(run) {
  for (let i = 0; i < 40; i++) run();
  const rounds = Array.from({ length: 9 }, () => {
    const start = process.cpuUsage();
    for (let i = 0; i < 40; i++) run();
    const { user, system } = process.cpuUsage(start);
    return (40 * COUNT) / (user + system);
  });
  return Number(rounds.sort((a, b) => a - b)[4].toFixed(2));
}

const batch = encode();
const header = readBatchHeader(batch, 0);
const columns = new RecordColumns();
const decode = (checkCrc) => () => {
  columns.reset();
  decodeBatch(batch, header, columns, { checkCrc });
};
console.log(
  JSON.stringify({
    unit: 'M records per CPU second',
    encode: rate(encode),
    decode: rate(decode(true)),
    decodeWithoutCrc: rate(decode(false)),
  }),
);
