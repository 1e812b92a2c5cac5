/** The built-in processors of the case language (its section 7) by name. */
import { Buffer } from 'node:buffer';
import { num, text } from './case-functions.ts';
import { storeProcessors } from './case-store-processors.ts';
import type { AnyContext, AnyProcessor, AnyRecord, Args } from './case-processor.ts';
import type {
  Cancellable,
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  KeyValueStore,
  ProcessingContext,
  PunctuationType,
  ValueTransformer,
} from '@millrace/topology';

type AnyFixed = FixedKeyProcessor<unknown, unknown, unknown>;
type FixedContext = FixedKeyProcessorContext<unknown, unknown>;

type ProcessorStep = Readonly<Record<string, unknown>>;

export function processor(step: ProcessorStep): () => AnyProcessor {
  return supplier({ ...processors, ...storeProcessors }, step);
}

export function fixedKeyProcessor(step: ProcessorStep): () => AnyFixed {
  return supplier(fixedKeyProcessors, step);
}

function supplier<P>(table: Readonly<Record<string, (args: Args) => P>>, step: ProcessorStep): () => P {
  const make = table[String(step['processor'])];
  if (make === undefined) throw new Error(`the processor ${String(step['processor'])} is not known yet`);
  const args = (step['args'] ?? {}) as Args;
  return () => make(args);
}

/** A processor that is a function of each record. */
export function each(step: (record: AnyRecord, context: AnyContext) => void): AnyProcessor {
  let context: AnyContext;
  return {
    init: (given) => void (context = given),
    process: (record) => step(record, context),
  };
}

const processors: Readonly<Record<string, (args: Args) => AnyProcessor>> = {
  forward: () => each((record, context) => context.forward(record)),
  bufferEmit: (args) => new BufferEmit(args),
  punctuate: (args) => new Punctuate(args),
  contextInfo: () => each((record, context) => context.forward(record.withValue(infoOf(context)))),
  setTimestamp: () => each((record, context) => context.forward(record.withTimestamp(Number(num(text(record.value)))))),
  setHeader: ({ header = 'h', headerValue = 1 }) =>
    each((record, context) => {
      const added = { key: text(header), value: Buffer.from(text(headerValue)) };
      context.forward(record.withHeaders([...record.headers, added]));
    }),
  mutateHeader: ({ header = 'h', headerValue = 1 }) =>
    each((record, context) => {
      record.headers.add(text(header), Buffer.from(text(headerValue)));
      context.forward(record);
    }),
  rekey: () => each((record, context) => context.forward(record.withKey(text(record.value)))),
  routeChild: ({ first, second }) =>
    each((record, context) => {
      const isFirst = record.value !== null && text(record.value).startsWith('a');
      context.forward(record, text(isFirst ? first : second));
    }),
};

function infoOf(context: ProcessingContext): string {
  const { topic, partition, offset } = context.recordMetadata ?? { topic: null, partition: -1, offset: -1 };
  const { currentStreamTimeMs, currentSystemTimeMs, taskId, applicationId } = context;
  return [String(topic), partition, offset, currentStreamTimeMs, currentSystemTimeMs, taskId, applicationId].join('/');
}

/** Schedules as the arguments say; what is scheduled is told the number of its firing, and cancelled after `cancelAfter`. */
function schedule(context: AnyContext, args: Args, fire: (time: number, count: number) => void): void {
  const { punctuation = 'streamTime', intervalMs = 10, startMs, cancelAfter } = args;
  const start = startMs === undefined ? {} : { startMs: Number(startMs) };
  let count = 0;
  const planned: Cancellable = context.schedule(
    Number(intervalMs),
    text(punctuation) as PunctuationType,
    (time) => {
      fire(time, ++count);
      if (cancelAfter !== undefined && count === Number(cancelAfter)) planned.cancel();
    },
    start,
  );
}

class BufferEmit implements AnyProcessor {
  readonly #args: Args;
  #store: KeyValueStore<unknown, unknown> | undefined;

  constructor(args: Args) {
    this.#args = args;
  }

  init(context: AnyContext): void {
    const store = context.getStateStore<KeyValueStore<unknown, unknown>>(text(this.#args['store']));
    this.#store = store;
    const isCleared = text(this.#args['clear'] ?? true) === 'true';
    schedule(context, this.#args, (time) => {
      for (const [key, value] of [...store.all()]) {
        context.forward({ key, value, timestamp: time });
        if (isCleared) store.delete(key);
      }
    });
  }

  process({ key, value }: AnyRecord): void {
    this.#store?.put(key, value);
  }
}

class Punctuate implements AnyProcessor {
  readonly #args: Args;
  #context: AnyContext | undefined;

  constructor(args: Args) {
    this.#args = args;
  }

  init(context: AnyContext): void {
    this.#context = context;
    const { key = 'tick', label = '' } = this.#args;
    schedule(context, this.#args, (time, count) => {
      const { currentStreamTimeMs, currentSystemTimeMs, recordMetadata } = context;
      const told = [time, count, currentStreamTimeMs, currentSystemTimeMs, recordMetadata !== undefined].join('/');
      context.forward({ key: text(key), value: text(label) + told, timestamp: time });
    });
  }

  process(record: AnyRecord): void {
    if (text(this.#args['forward']) === 'true') this.#context?.forward(record);
  }
}

function eachValue(step: (record: Parameters<AnyFixed['process']>[0], context: FixedContext) => void): AnyFixed {
  let context: FixedContext;
  return {
    init: (given) => void (context = given),
    process: (record) => step(record, context),
  };
}

const fixedKeyProcessors: Readonly<Record<string, (args: Args) => AnyFixed>> = {
  forward: () => eachValue((record, context) => context.forward(record)),
  countPerKey: ({ store }) =>
    eachValue((record, context) => {
      const counts = context.getStateStore<KeyValueStore<unknown, number>>(text(store));
      const count = (counts.get(record.key) ?? 0) + 1;
      counts.put(record.key, count);
      context.forward(record.withValue(`${text(record.value)}#${count}`));
    }),
  twice: () =>
    eachValue((record, context) => {
      context.forward(record);
      context.forward(record.withValue(`${text(record.value)}'`));
    }),
  dropNull: () =>
    eachValue((record, context) => {
      if (record.value !== null) context.forward(record);
    }),
  setTimestamp: () =>
    eachValue((record, context) => context.forward(record.withTimestamp(Number(num(text(record.value)))))),
};

type AnyTransformer = ValueTransformer<unknown, unknown, unknown>;

export function valueTransformer(step: ProcessorStep): () => AnyTransformer {
  return supplier(transformers, step);
}

const transformers: Readonly<Record<string, (args: Args) => AnyTransformer>> = {
  keyValue: () => ({ transform: (key, value) => (value === null ? null : `${text(key)}:${text(value)}`) }),
  countPerKey: ({ store }) => {
    let counts: KeyValueStore<unknown, number> | undefined;
    return {
      init: (context) => void (counts = context.getStateStore(text(store))),
      transform: (key, value) => {
        const count = (counts?.get(key) ?? 0) + 1;
        counts?.put(key, count);
        return value === null ? null : `${text(value)}#${count}`;
      },
    };
  },
};
