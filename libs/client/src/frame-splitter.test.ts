import { expect, test } from '@jest/globals';
import { seededRandom, type Random } from '@millrace/base';
import { FrameSplitter } from './frame-splitter.ts';

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Gives a stream out as a transport does: into the splitter's own memory where it has room, else in a buffer that is used again and again. */
function transport(stream: Buffer, splitter: FrameSplitter, random: Random): { inPlace: number } {
  const shared = Buffer.alloc(70_000);
  const seen = { inPlace: 0 };
  for (let at = 0; at < stream.length;) {
    const room = splitter.room();
    const target = room ?? shared;
    const size = Math.min(1 + random.int(target.length), stream.length - at);
    stream.copy(target, 0, at, at + size);
    splitter.push(Buffer.from(target.buffer, target.byteOffset, size));
    shared.fill(0xee);
    if (room !== undefined) seen.inPlace += size;
    at += size;
  }
  return seen;
}

test.each([1, 2, 3, 4])('frames come out whole and in order, wherever their bytes were read to (seed %d)', (seed) => {
  const random = seededRandom(seed);
  const frames = Array.from({ length: 60 }, (_, i) => {
    const size = [5, 300, 65_536, 65_540, 400_000][random.int(5)] as number;
    return Buffer.alloc(4 + random.int(size), i + 1);
  });
  const received: Buffer[] = [];
  const splitter = new FrameSplitter(
    (frame) => void received.push(frame),
    (length) => expect(length).toBe('a good length'),
  );
  const { inPlace } = transport(Buffer.concat(frames.map(framed)), splitter, random);
  expect(received).toHaveLength(frames.length);
  for (const [i, frame] of frames.entries()) expect(received[i]?.equals(frame)).toBe(true);
  expect(inPlace).toBeGreaterThan(0);
});
