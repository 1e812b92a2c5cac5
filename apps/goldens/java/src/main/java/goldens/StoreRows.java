package goldens;

import static goldens.Functions.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.StateSerdes;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.TimestampedKeyValueStoreWithHeaders;
import org.apache.kafka.streams.state.TimestampedWindowStore;
import org.apache.kafka.streams.state.TimestampedWindowStoreWithHeaders;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.ValueTimestampHeaders;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.state.WindowStore;

/** Final contents of a store as the case language writes them. */
@SuppressWarnings({"rawtypes", "unchecked"})
final class StoreRows {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private StoreRows() { }

  /** Null for stores that the case language leaves out: the buffers. */
  static ObjectNode of(final StateStore store, final List<ProducerRecord<byte[], byte[]>> changelog) {
    final String kind = kind(store);
    if (kind == null) return null;
    final List<ObjectNode> rows = new ArrayList<>();
    try {
      read(store, kind, changelog, rows);
    } catch (final RuntimeException e) {
      return JSON.objectNode().put("notRead", String.valueOf(e));
    }
    rows.sort(Comparator.comparing(ObjectNode::toString));
    final ArrayNode sorted = JSON.arrayNode().addAll(rows);
    final ObjectNode made = JSON.objectNode().put("kind", kind);
    made.set("rows", sorted);
    return made;
  }

  private static String kind(final StateStore store) {
    if (store instanceof TimestampedKeyValueStore || store instanceof TimestampedKeyValueStoreWithHeaders) return "timestampedKeyValue";
    if (store instanceof VersionedKeyValueStore) return "versioned";
    if (store instanceof KeyValueStore) return "keyValue";
    if (store instanceof WindowStore) return "window";
    return store instanceof SessionStore ? "session" : null;
  }

  private static void read(final StateStore store, final String kind, final List<ProducerRecord<byte[], byte[]>> changelog, final List<ObjectNode> rows) {
    switch (kind) {
      case "window" -> {
        final boolean isTimestamped = store instanceof TimestampedWindowStore || store instanceof TimestampedWindowStoreWithHeaders;
        try (KeyValueIterator<Windowed<Object>, Object> all = ((WindowStore) store).all()) {
          all.forEachRemaining(entry -> rows.add(value(window(entry.key), entry.value, isTimestamped)));
        }
      }
      case "session" -> {
        for (final Object key : keys(store, changelog, 2 * Long.BYTES).keySet()) {
          try (KeyValueIterator<Windowed<Object>, Object> all = ((SessionStore) store).fetch(key)) {
            all.forEachRemaining(entry -> rows.add(value(window(entry.key), entry.value, false)));
          }
        }
      }
      case "versioned" -> keys(store, changelog, 0).forEach((key, times) -> rows.add(versions((VersionedKeyValueStore) store, key, times)));
      default -> {
        try (KeyValueIterator<Object, Object> all = ((KeyValueStore) store).all()) {
          all.forEachRemaining(entry -> rows.add(value(JSON.objectNode().put("key", orNull(entry.key)), entry.value, !kind.equals("keyValue"))));
        }
      }
    }
  }

  private static String orNull(final Object value) {
    return value == null ? null : text(value);
  }

  private static ObjectNode window(final Windowed<Object> key) {
    return JSON.objectNode().put("key", orNull(key.key())).put("start", key.window().start()).put("end", key.window().end());
  }

  private static ObjectNode value(final ObjectNode row, final Object value, final boolean isTimestamped) {
    if (!isTimestamped || value == null) return row.put("value", orNull(value));
    if (value instanceof ValueAndTimestamp<?> stamped) return row.put("value", orNull(stamped.value())).put("ts", stamped.timestamp());
    final ValueTimestampHeaders<?> stamped = (ValueTimestampHeaders<?>) value;
    return row.put("value", orNull(stamped.value())).put("ts", stamped.timestamp());
  }

  private static ObjectNode versions(final VersionedKeyValueStore<Object, Object> store, final Object key, final Iterable<Long> times) {
    final ObjectNode row = JSON.objectNode().put("key", orNull(key));
    final VersionedRecord<Object> latest = store.get(key);
    row.put("latest", latest == null ? null : text(latest.value()));
    if (latest != null) row.put("ts", latest.timestamp());
    final ArrayNode asOf = row.putArray("asOf");
    for (final long at : times) {
      final VersionedRecord<Object> found = store.get(key, at);
      final ObjectNode one = asOf.addObject().put("at", at).put("value", found == null ? null : text(found.value()));
      if (found == null) continue;
      one.put("ts", found.timestamp());
      found.validTo().ifPresent(to -> one.put("validTo", to));
    }
    return row;
  }

  /** Keys that occur in a changelog, with the timestamps of their records. A changelog's key ends in so many bytes that are not the key's. */
  private static Map<Object, TreeSet<Long>> keys(final StateStore store, final List<ProducerRecord<byte[], byte[]>> changelog, final int more) {
    final StateSerdes<Object, Object> serdes = serdes(store);
    final Map<Bytes, TreeSet<Long>> times = new LinkedHashMap<>();
    for (final ProducerRecord<byte[], byte[]> record : changelog) {
      final Bytes key = Bytes.wrap(Arrays.copyOf(record.key(), record.key().length - more));
      times.computeIfAbsent(key, made -> new TreeSet<>()).add(record.timestamp());
    }
    final Map<Object, TreeSet<Long>> found = new LinkedHashMap<>();
    times.forEach((key, at) -> found.put(serdes.keyFrom(key.get()), at));
    return found;
  }

  /** What a metered store reads its keys with. */
  private static StateSerdes<Object, Object> serdes(final Object store) {
    for (Class<?> type = store.getClass(); type != null; type = type.getSuperclass()) {
      for (final Field field : type.getDeclaredFields()) {
        if (!field.getName().equals("serdes") && !field.getName().equals("internal")) continue;
        try {
          field.setAccessible(true);
          return field.getName().equals("serdes") ? (StateSerdes<Object, Object>) field.get(store) : serdes(field.get(store));
        } catch (final IllegalAccessException e) {
          throw new AssertionError(e);
        }
      }
    }
    throw new AssertionError("no serdes in " + store.getClass());
  }
}
