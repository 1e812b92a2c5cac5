package goldens;

import static goldens.Functions.num;
import static goldens.Functions.str;
import static goldens.Functions.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.ValueTransformerWithKey;
import org.apache.kafka.streams.kstream.ValueTransformerWithKeySupplier;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** The built-in processors of the case language by name. */
@SuppressWarnings({"rawtypes", "unchecked"})
final class Processors {
  private Processors() { }

  /** Arguments of a processor: all are read as text. */
  record Args(JsonNode given) {
    String get(final String name, final String otherwise) {
      return has(name) ? given.get(name).asText() : otherwise;
    }

    long number(final String name, final long otherwise) {
      return has(name) ? Long.parseLong(given.get(name).asText()) : otherwise;
    }

    boolean has(final String name) {
      return given != null && given.has(name);
    }
  }

  interface OnRecord { void process(Record<Object, Object> record, ProcessorContext<Object, Object> context); }

  interface OnFixedKey { void process(FixedKeyRecord<Object, Object> record, FixedKeyProcessorContext<Object, Object> context); }

  static ProcessorSupplier processor(final JsonNode step) {
    final String name = step.get("processor").textValue();
    final Args args = new Args(step.get("args"));
    return () -> switch (name) {
      case "bufferEmit" -> new BufferEmit(args);
      case "punctuate" -> new Punctuate(args);
      default -> new Each(simple(name, args));
    };
  }

  private static OnRecord simple(final String name, final Args args) {
    return switch (name) {
      case "forward" -> (record, context) -> context.forward(record);
      case "contextInfo" -> (record, context) -> context.forward(record.withValue(info(context)));
      case "setTimestamp" -> (record, context) -> context.forward(record.withTimestamp(num(text(record.value()))));
      case "setHeader" -> (record, context) -> {
        final RecordHeaders headers = new RecordHeaders(record.headers());
        headers.add(args.get("header", "h"), args.get("headerValue", "1").getBytes(StandardCharsets.UTF_8));
        context.forward(record.withHeaders(headers));
      };
      case "mutateHeader" -> (record, context) -> {
        record.headers().add(args.get("header", "h"), args.get("headerValue", "1").getBytes(StandardCharsets.UTF_8));
        context.forward(record);
      };
      case "rekey" -> (record, context) -> context.forward(record.withKey(text(record.value())));
      case "routeChild" -> (record, context) ->
        context.forward(record, args.get(str(record.value()).startsWith("a") ? "first" : "second", null));
      default -> StoreProcessors.of(name, args);
    };
  }

  private static String info(final ProcessorContext<?, ?> context) {
    final RecordMetadata metadata = context.recordMetadata().orElse(null);
    final String source = metadata == null ? "null/-1/-1" : metadata.topic() + "/" + metadata.partition() + "/" + metadata.offset();
    return source + "/" + context.currentStreamTimeMs() + "/" + context.currentSystemTimeMs() + "/" + context.taskId() + "/" + context.applicationId();
  }

  /** A processor that is a function of each record. */
  private static final class Each implements Processor<Object, Object, Object, Object> {
    private final OnRecord step;
    private ProcessorContext<Object, Object> context;

    Each(final OnRecord step) {
      this.step = step;
    }

    @Override
    public void init(final ProcessorContext<Object, Object> given) {
      context = given;
    }

    @Override
    public void process(final Record<Object, Object> record) {
      step.process(record, context);
    }
  }

  /** Schedules as the arguments say; after firing number {@code cancelAfter} it cancels itself from inside. */
  private static void schedule(final ProcessorContext<?, ?> context, final Args args, final LongConsumer fire) {
    final boolean isWall = args.get("punctuation", "streamTime").equals("wallClock");
    final PunctuationType type = isWall ? PunctuationType.WALL_CLOCK_TIME : PunctuationType.STREAM_TIME;
    final Duration interval = Duration.ofMillis(args.number("intervalMs", 10));
    final long last = args.number("cancelAfter", -1);
    final Cancellable[] planned = new Cancellable[1];
    final long[] count = new long[1];
    final org.apache.kafka.streams.processor.Punctuator punctuator = time -> {
      count[0]++;
      fire.accept(time);
      if (count[0] == last) planned[0].cancel();
    };
    planned[0] = args.has("startMs")
      ? context.schedule(Instant.ofEpochMilli(args.number("startMs", 0)), interval, type, punctuator)
      : context.schedule(interval, type, punctuator);
  }

  private static final class BufferEmit implements Processor<Object, Object, Object, Object> {
    private final Args args;
    private KeyValueStore<Object, Object> store;

    BufferEmit(final Args args) {
      this.args = args;
    }

    @Override
    public void init(final ProcessorContext<Object, Object> context) {
      store = context.getStateStore(args.get("store", null));
      schedule(context, args, time -> {
        final List<KeyValue<Object, Object>> entries = new ArrayList<>();
        try (KeyValueIterator<Object, Object> all = store.all()) {
          all.forEachRemaining(entries::add);
        }
        for (final KeyValue<Object, Object> entry : entries) {
          context.forward(new Record<>(entry.key, entry.value, time));
          if (args.get("clear", "true").equals("true")) store.delete(entry.key);
        }
      });
    }

    @Override
    public void process(final Record<Object, Object> record) {
      store.put(record.key(), record.value());
    }
  }

  private static final class Punctuate implements Processor<Object, Object, Object, Object> {
    private final Args args;
    private ProcessorContext<Object, Object> context;
    private long count;

    Punctuate(final Args args) {
      this.args = args;
    }

    @Override
    public void init(final ProcessorContext<Object, Object> given) {
      context = given;
      schedule(context, args, time -> {
        final String told = time + "/" + ++count + "/" + context.currentStreamTimeMs() + "/" + context.currentSystemTimeMs()
          + "/" + context.recordMetadata().isPresent();
        context.forward(new Record<>(args.get("key", "tick"), args.get("label", "") + told, time));
      });
    }

    @Override
    public void process(final Record<Object, Object> record) {
      if (args.get("forward", "false").equals("true")) context.forward(record);
    }
  }

  static FixedKeyProcessorSupplier fixedKey(final JsonNode step) {
    final Args args = new Args(step.get("args"));
    final OnFixedKey each = switch (step.get("processor").textValue()) {
      case "forward" -> (record, context) -> context.forward(record);
      case "countPerKey" -> (record, context) ->
        context.forward(record.withValue(text(record.value()) + "#" + counted(context.getStateStore(args.get("store", null)), record.key())));
      case "twice" -> (record, context) -> {
        context.forward(record);
        context.forward(record.withValue(text(record.value()) + "'"));
      };
      case "dropNull" -> (record, context) -> {
        if (record.value() != null) context.forward(record);
      };
      case "setTimestamp" -> (record, context) -> context.forward(record.withTimestamp(num(text(record.value()))));
      default -> throw new IllegalArgumentException("unknown processor of values " + step);
    };
    return () -> new FixedKeyProcessor<Object, Object, Object>() {
      private FixedKeyProcessorContext<Object, Object> context;

      @Override
      public void init(final FixedKeyProcessorContext<Object, Object> given) {
        context = given;
      }

      @Override
      public void process(final FixedKeyRecord<Object, Object> record) {
        each.process(record, context);
      }
    };
  }

  private static long counted(final KeyValueStore<Object, Long> store, final Object key) {
    final Long before = store.get(key);
    final long now = before == null ? 1 : before + 1;
    store.put(key, now);
    return now;
  }

  static ValueTransformerWithKeySupplier transformer(final JsonNode step) {
    final Args args = new Args(step.get("args"));
    final boolean counts = step.get("processor").textValue().equals("countPerKey");
    return () -> new ValueTransformerWithKey<Object, Object, Object>() {
      private KeyValueStore<Object, Long> store;

      @Override
      public void init(final org.apache.kafka.streams.processor.ProcessorContext context) {
        if (counts) store = context.getStateStore(args.get("store", null));
      }

      @Override
      public Object transform(final Object key, final Object value) {
        if (!counts) return value == null ? null : text(key) + ":" + text(value);
        final long n = counted(store, key);
        return value == null ? null : text(value) + "#" + n;
      }

      @Override
      public void close() { }
    };
  }
}
