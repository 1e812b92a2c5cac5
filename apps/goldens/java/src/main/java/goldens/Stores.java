package goldens;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.SessionBytesStoreSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.StoreSupplier;
import org.apache.kafka.streams.state.VersionedBytesStoreSupplier;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;

/** Suppliers and builders of stores by the fields of a step. */
@SuppressWarnings("rawtypes")
final class Stores {
  private Stores() { }

  static StoreSupplier<?> supplier(final JsonNode given) {
    final String name = given.get("name").textValue();
    final Duration retention = millis(given, "retentionMs");
    final Duration window = millis(given, "windowMs");
    final boolean duplicates = given.path("retainDuplicates").asBoolean();
    return switch (given.get("kind").textValue()) {
      case "inMemoryKeyValue" -> org.apache.kafka.streams.state.Stores.inMemoryKeyValueStore(name);
      case "persistentKeyValue" -> org.apache.kafka.streams.state.Stores.persistentKeyValueStore(name);
      case "persistentTimestampedKeyValue" -> org.apache.kafka.streams.state.Stores.persistentTimestampedKeyValueStore(name);
      case "lru" -> org.apache.kafka.streams.state.Stores.lruMap(name, given.get("maxEntries").intValue());
      case "versioned" -> versioned(name, millis(given, "historyMs"), millis(given, "segmentMs"));
      case "inMemoryWindow" -> org.apache.kafka.streams.state.Stores.inMemoryWindowStore(name, retention, window, duplicates);
      case "persistentWindow" -> org.apache.kafka.streams.state.Stores.persistentWindowStore(name, retention, window, duplicates);
      case "persistentTimestampedWindow" ->
        org.apache.kafka.streams.state.Stores.persistentTimestampedWindowStore(name, retention, window, false);
      case "inMemorySession" -> org.apache.kafka.streams.state.Stores.inMemorySessionStore(name, retention);
      case "persistentSession" -> org.apache.kafka.streams.state.Stores.persistentSessionStore(name, retention);
      default -> throw new IllegalArgumentException("unknown supplier " + given);
    };
  }

  private static VersionedBytesStoreSupplier versioned(final String name, final Duration history, final Duration segment) {
    return segment == null
      ? org.apache.kafka.streams.state.Stores.persistentVersionedKeyValueStore(name, history)
      : org.apache.kafka.streams.state.Stores.persistentVersionedKeyValueStore(name, history, segment);
  }

  static Duration millis(final JsonNode given, final String field) {
    return given.has(field) ? Duration.ofMillis(given.get(field).longValue()) : null;
  }

  static StoreBuilder<?> builder(final JsonNode step) {
    final StoreBuilder<?> builder = of(step.path("kind").asText("keyValue"), supplier(step.get("supplier")), step);
    if (step.has("caching")) {
      if (step.get("caching").booleanValue()) builder.withCachingEnabled();
      else builder.withCachingDisabled();
    }
    if (!step.has("logging")) return builder;
    return isOff(step.get("logging")) ? builder.withLoggingDisabled() : builder.withLoggingEnabled(settings(step.get("logging")));
  }

  private static StoreBuilder<?> of(final String kind, final StoreSupplier<?> supplier, final JsonNode step) {
    final Serde<?> key = CaseSerdes.of(step, "key");
    final Serde<?> value = CaseSerdes.of(step, "value");
    return switch (kind) {
      case "keyValue" -> org.apache.kafka.streams.state.Stores.keyValueStoreBuilder((KeyValueBytesStoreSupplier) supplier, key, value);
      case "timestampedKeyValue" ->
        org.apache.kafka.streams.state.Stores.timestampedKeyValueStoreBuilder((KeyValueBytesStoreSupplier) supplier, key, value);
      case "window" -> org.apache.kafka.streams.state.Stores.windowStoreBuilder((WindowBytesStoreSupplier) supplier, key, value);
      case "timestampedWindow" ->
        org.apache.kafka.streams.state.Stores.timestampedWindowStoreBuilder((WindowBytesStoreSupplier) supplier, key, value);
      case "session" -> org.apache.kafka.streams.state.Stores.sessionStoreBuilder((SessionBytesStoreSupplier) supplier, key, value);
      case "versioned" ->
        org.apache.kafka.streams.state.Stores.versionedKeyValueStoreBuilder((VersionedBytesStoreSupplier) supplier, key, value);
      default -> throw new IllegalArgumentException("unknown kind of store " + kind);
    };
  }

  static boolean isOff(final JsonNode logging) {
    return logging.isBoolean() && !logging.booleanValue();
  }

  /** Topic settings of {@code logging}; {@code true} gives none. */
  static Map<String, String> settings(final JsonNode logging) {
    final Map<String, String> settings = new HashMap<>();
    logging.properties().forEach(entry -> settings.put(entry.getKey(), entry.getValue().asText()));
    return settings;
  }
}
