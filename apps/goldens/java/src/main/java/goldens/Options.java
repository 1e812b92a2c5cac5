package goldens;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.processor.FailOnInvalidTimestamp;
import org.apache.kafka.streams.processor.LogAndSkipOnInvalidTimestamp;
import org.apache.kafka.streams.processor.RecordContext;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.TopicNameExtractor;
import org.apache.kafka.streams.processor.UsePartitionTimeOnInvalidTimestamp;
import org.apache.kafka.streams.processor.WallclockTimestampExtractor;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.state.DslStoreSuppliers;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.SessionBytesStoreSupplier;
import org.apache.kafka.streams.state.StoreSupplier;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;

/** Configuration objects of the DSL by the fields of a step. Each is null where no field is there, so that the overload without it is called. */
@SuppressWarnings({"rawtypes", "unchecked"})
final class Options {
  private Options() { }

  static String textOf(final JsonNode step, final String field) {
    final JsonNode found = step.get(field);
    return found == null || found.isNull() ? null : found.asText();
  }

  private static boolean hasAny(final JsonNode step, final String... fields) {
    return Stream.of(fields).anyMatch(step::has);
  }

  static Named named(final JsonNode step) {
    return step.has("name") ? Named.as(textOf(step, "name")) : null;
  }

  static Consumed consumed(final JsonNode step) {
    if (!hasAny(step, "key", "value", "name", "extractor", "reset")) return null;
    Consumed consumed = Consumed.with(CaseSerdes.of(step, "key"), CaseSerdes.of(step, "value"));
    if (step.has("extractor")) consumed = consumed.withTimestampExtractor(extractor(textOf(step, "extractor")));
    if (step.has("reset")) consumed = consumed.withOffsetResetPolicy(reset(textOf(step, "reset")));
    return step.has("name") ? consumed.withName(textOf(step, "name")) : consumed;
  }

  private static AutoOffsetReset reset(final String name) {
    return switch (name) {
      case "earliest" -> AutoOffsetReset.earliest();
      case "latest" -> AutoOffsetReset.latest();
      case "none" -> AutoOffsetReset.none();
      default -> throw new IllegalArgumentException("unknown reset " + name);
    };
  }

  static TimestampExtractor extractor(final String spec) {
    if (spec == null) return null;
    final Functions.Named fn = Functions.Named.of(spec);
    return switch (fn.name()) {
      case "failOnInvalid" -> new FailOnInvalidTimestamp();
      case "logAndSkip" -> new LogAndSkipOnInvalidTimestamp();
      case "usePartitionTime" -> new UsePartitionTimeOnInvalidTimestamp();
      case "wallclock" -> new WallclockTimestampExtractor();
      case "valueField" -> (record, partitionTime) -> ofField(record, fn.argument(), -1);
      case "valueFieldOrPartition" -> (record, partitionTime) -> ofField(record, fn.argument(), partitionTime);
      default -> throw fn.unknown("extractor");
    };
  }

  private static long ofField(final ConsumerRecord<Object, Object> record, final String n, final long otherwise) {
    final String field = Functions.field(record.value(), Integer.parseInt(n));
    return field != null && Functions.isInt(field) ? Long.parseLong(field) : otherwise;
  }

  static Grouped grouped(final JsonNode step) {
    if (!hasAny(step, "key", "value", "name")) return null;
    return Grouped.with(textOf(step, "name"), CaseSerdes.of(step, "key"), CaseSerdes.of(step, "value"));
  }

  static Repartitioned repartitioned(final JsonNode step) {
    if (!hasAny(step, "key", "value", "name", "partitions", "partitioner")) return null;
    Repartitioned made = Repartitioned.with(CaseSerdes.of(step, "key"), CaseSerdes.of(step, "value"));
    if (step.has("name")) made = made.withName(textOf(step, "name"));
    if (step.has("partitions")) made = made.withNumberOfPartitions(step.get("partitions").intValue());
    return step.has("partitioner") ? made.withStreamPartitioner(partitioner(textOf(step, "partitioner"))) : made;
  }

  static Produced produced(final JsonNode step) {
    if (!hasAny(step, "key", "value", "name", "partitioner")) return null;
    Produced made = Produced.with(CaseSerdes.of(step, "key"), CaseSerdes.of(step, "value"));
    if (step.has("name")) made = made.withName(textOf(step, "name"));
    return step.has("partitioner") ? made.withStreamPartitioner(partitioner(textOf(step, "partitioner"))) : made;
  }

  static StreamPartitioner partitioner(final String spec) {
    if (spec == null) return null;
    final Functions.Named fn = Functions.Named.of(spec);
    final Optional<Set<Integer>> chosen = switch (fn.name()) {
      case "const", "multi" -> Optional.of(
        Stream.of(fn.argument().split(",")).map(Integer::valueOf).collect(Collectors.toCollection(java.util.LinkedHashSet::new)));
      case "drop" -> Optional.of(Set.of());
      case "default" -> Optional.empty();
      default -> throw fn.unknown("partitioner");
    };
    return (topic, key, value, count) -> chosen;
  }

  /** It prints as the text that names it. */
  record NamesTopic(String spec) implements TopicNameExtractor<Object, Object> {
    @Override
    public String extract(final Object key, final Object value, final RecordContext context) {
      final Functions.Named fn = Functions.Named.of(spec);
      final String x = fn.argument();
      return switch (fn.name()) {
        case "keyPrefix" -> x + Functions.text(key);
        case "firstChar" -> x + (value == null ? "" : Functions.keyValue("firstChar").apply(key, value));
        case "header" -> header(context, x);
        case "sourceTopic" -> x + context.topic();
        default -> throw fn.unknown("topicFn");
      };
    }

    private static String header(final RecordContext context, final String name) {
      final Header last = context.headers().lastHeader(name);
      return last == null || last.value() == null ? "unrouted" : new String(last.value(), java.nio.charset.StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      return spec;
    }
  }

  private static DslStoreSuppliers type(final JsonNode step) {
    return "inMemory".equals(textOf(step, "type")) ? BuiltInDslStoreSuppliers.IN_MEMORY : BuiltInDslStoreSuppliers.ROCKS_DB;
  }

  static Materialized materialized(final JsonNode step) {
    final JsonNode mat = step.get("mat");
    if (mat == null) return null;
    Materialized made = start(mat);
    if (mat.has("store") && !mat.has("supplier") && mat.has("type")) made = made.withStoreType(type(mat));
    if (mat.has("key")) made = made.withKeySerde(CaseSerdes.of(mat, "key"));
    if (mat.has("value")) made = made.withValueSerde(CaseSerdes.of(mat, "value"));
    if (mat.has("caching")) made = mat.get("caching").booleanValue() ? made.withCachingEnabled() : made.withCachingDisabled();
    if (mat.has("logging")) {
      final JsonNode logging = mat.get("logging");
      made = Stores.isOff(logging) ? made.withLoggingDisabled() : made.withLoggingEnabled(Stores.settings(logging));
    }
    return mat.has("retentionMs") ? made.withRetention(Stores.millis(mat, "retentionMs")) : made;
  }

  private static Materialized start(final JsonNode mat) {
    if (mat.has("supplier")) {
      final StoreSupplier<?> supplier = Stores.supplier(mat.get("supplier"));
      if (supplier instanceof KeyValueBytesStoreSupplier keyValues) return Materialized.as(keyValues);
      if (supplier instanceof WindowBytesStoreSupplier windows) return Materialized.as(windows);
      return Materialized.as((SessionBytesStoreSupplier) supplier);
    }
    if (mat.has("store")) return Materialized.as(textOf(mat, "store"));
    return mat.has("type") ? Materialized.as(type(mat)) : Materialized.with(CaseSerdes.of(mat, "key"), CaseSerdes.of(mat, "value"));
  }

  static StreamJoined streamJoined(final JsonNode joined) {
    if (joined == null) return null;
    StreamJoined made = StreamJoined.with(CaseSerdes.of(joined, "key"), CaseSerdes.of(joined, "value"), CaseSerdes.of(joined, "otherValue"));
    if (joined.has("name")) made = made.withName(textOf(joined, "name"));
    if (joined.has("storeName")) made = made.withStoreName(textOf(joined, "storeName"));
    if (joined.has("type")) made = made.withDslStoreSuppliers(type(joined));
    if (!joined.has("logging")) return made;
    final JsonNode logging = joined.get("logging");
    return Stores.isOff(logging) ? made.withLoggingDisabled() : made.withLoggingEnabled(Stores.settings(logging));
  }

  static Joined joined(final JsonNode joined) {
    if (joined == null) return null;
    final Duration grace = Stores.millis(joined, "graceMs");
    return Joined.with(CaseSerdes.of(joined, "key"), CaseSerdes.of(joined, "value"), CaseSerdes.of(joined, "otherValue"),
      textOf(joined, "name"), grace);
  }

  static Suppressed suppressed(final JsonNode step) {
    final Suppressed.BufferConfig buffer = buffer(step.path("buffer"));
    final Suppressed made = textOf(step, "until").equals("windowCloses")
      ? Suppressed.untilWindowCloses((Suppressed.StrictBufferConfig) buffer)
      : Suppressed.untilTimeLimit(Stores.millis(step, "limitMs"), buffer);
    return step.has("name") ? made.withName(textOf(step, "name")) : made;
  }

  private static Suppressed.BufferConfig buffer(final JsonNode given) {
    Suppressed.BufferConfig made = Suppressed.BufferConfig.unbounded();
    if (given.has("maxRecords")) {
      made = Suppressed.BufferConfig.maxRecords(given.get("maxRecords").longValue());
      if (given.has("maxBytes")) made = made.withMaxBytes(given.get("maxBytes").longValue());
    } else if (given.has("maxBytes")) {
      made = Suppressed.BufferConfig.maxBytes(given.get("maxBytes").longValue());
    }
    if ("emit".equals(textOf(given, "whenFull"))) made = made.emitEarlyWhenFull();
    if ("shutdown".equals(textOf(given, "whenFull"))) made = made.shutDownWhenFull();
    if (!given.has("logging")) return made;
    final JsonNode logging = given.get("logging");
    return Stores.isOff(logging) ? made.withLoggingDisabled() : made.withLoggingEnabled(Stores.settings(logging));
  }
}
