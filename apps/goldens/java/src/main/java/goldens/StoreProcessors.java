package goldens;

import static goldens.Functions.text;

import goldens.Processors.Args;
import goldens.Processors.OnRecord;
import java.util.Iterator;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.apache.kafka.streams.state.KeyValueIterator;

/** Built-in processors that read and write stores. */
final class StoreProcessors {
  private StoreProcessors() { }

  static OnRecord of(final String name, final Args args) {
    final String store = args.get("store", null);
    return switch (name) {
      case "dedupTtl" -> (record, context) -> {
        final KeyValueStore<Object, Long> seen = context.getStateStore(store);
        final Long before = seen.get(record.key());
        if (before != null && record.timestamp() - before < args.number("ttlMs", 10)) return;
        seen.put(record.key(), record.timestamp());
        context.forward(record);
      };
      case "windowWriter" -> (record, context) -> {
        if (record.key() == null) return;
        context.forward(record.withValue(written((WindowStore<Object, Object>) context.<WindowStore<Object, Object>>getStateStore(store), record, args)));
      };
      case "sessionWriter" -> (record, context) -> {
        if (record.key() == null) return;
        context.forward(record.withValue(sessionWritten(context.getStateStore(store), record, args)));
      };
      case "versionedWriter" -> (record, context) -> {
        if (record.key() == null) return;
        context.forward(record.withValue(versioned(context.getStateStore(store), record)));
      };
      case "timestampedWriter" -> (record, context) -> {
        final TimestampedKeyValueStore<Object, Object> table = context.getStateStore(store);
        final ValueAndTimestamp<Object> before = table.get(record.key());
        table.put(record.key(), ValueAndTimestamp.make(record.value(), record.timestamp()));
        context.forward(record.withValue(told(before)));
      };
      case "tableLookup" -> (record, context) -> {
        final TimestampedKeyValueStore<Object, Object> table = context.getStateStore(store);
        final ValueAndTimestamp<Object> found = record.key() == null ? null : table.get(record.key());
        context.forward(record.withValue(text(record.value()) + "|" + told(found)));
      };
      case "range" -> (record, context) -> {
        final KeyValueStore<Object, Object> table = context.getStateStore(store);
        if (record.value() == null) table.delete(record.key());
        else table.put(record.key(), record.value());
        try (KeyValueIterator<Object, Object> found = asked(table, args)) {
          context.forward(record.withValue(listed(found)));
        }
      };
      case "putIfAbsent" -> (record, context) -> {
        final KeyValueStore<Object, Object> table = context.getStateStore(store);
        context.forward(record.withValue(text(table.putIfAbsent(record.key(), record.value()))));
      };
      case "globalPut" -> (record, context) -> {
        if (record.key() == null) return;
        final KeyValueStore<Object, Object> table = context.getStateStore(store);
        table.put(record.key(), record.value() == null ? null : args.get("prefix", "g:") + text(record.value()));
      };
      default -> throw new IllegalArgumentException("unknown processor " + name);
    };
  }

  private static String told(final ValueAndTimestamp<Object> found) {
    return found == null ? "none" : text(found.value()) + "@" + found.timestamp();
  }

  private static String listed(final Iterator<KeyValue<Object, Object>> entries) {
    final StringBuilder told = new StringBuilder();
    entries.forEachRemaining(entry -> told.append(text(entry.key)).append('=').append(text(entry.value)).append(';'));
    return told.toString();
  }

  private static KeyValueIterator<Object, Object> asked(final KeyValueStore<Object, Object> store, final Args args) {
    if (args.has("prefix")) return (KeyValueIterator) store.prefixScan(args.get("prefix", ""), new StringSerializer());
    final String from = args.get("from", null);
    final String to = args.get("to", null);
    return args.get("reverse", "false").equals("true") ? store.reverseRange(from, to) : store.range(from, to);
  }

  private static String written(final WindowStore<Object, Object> store, final Record<Object, Object> record, final Args args) {
    final long time = record.timestamp();
    store.put(record.key(), record.value(), time);
    final StringBuilder told = new StringBuilder();
    try (WindowStoreIterator<Object> found = store.fetch(record.key(), Math.max(0, time - args.number("lookbackMs", 10)), time)) {
      found.forEachRemaining(entry -> told.append(entry.key).append('=').append(text(entry.value)).append(';'));
    }
    return told.toString();
  }

  private static String sessionWritten(final SessionStore<Object, Object> store, final Record<Object, Object> record, final Args args) {
    final long time = record.timestamp();
    final long length = args.number("lengthMs", 5);
    store.put(new Windowed<>(record.key(), new SessionWindow(time, time + length)), record.value());
    try (KeyValueIterator<Windowed<Object>, Object> found = store.findSessions(record.key(), Math.max(0, time - length), time + length)) {
      return listed((Iterator) found);
    }
  }

  private static String versioned(final VersionedKeyValueStore<Object, Object> store, final Record<Object, Object> record) {
    final String value = record.value() == null ? "" : text(record.value());
    if (value.startsWith("?")) {
      final VersionedRecord<Object> found = store.get(record.key(), Long.parseLong(value.substring(1)));
      if (found == null) return "none";
      final String to = found.validTo().isPresent() ? found.validTo().get().toString() : "open";
      return text(found.value()) + "@" + found.timestamp() + ".." + to;
    }
    if (value.startsWith("!")) {
      final VersionedRecord<Object> found = store.delete(record.key(), Long.parseLong(value.substring(1)));
      return "deleted " + (found == null ? "none" : text(found.value()) + "@" + found.timestamp());
    }
    return "validTo " + store.put(record.key(), record.value(), record.timestamp());
  }
}
