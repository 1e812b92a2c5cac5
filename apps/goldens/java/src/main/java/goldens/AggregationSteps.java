package goldens;

import static goldens.Options.textOf;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BinaryOperator;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Merger;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Reducer;
import org.apache.kafka.streams.kstream.SessionWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.SessionWindowedKStream;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.TimeWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.UnlimitedWindows;
import org.apache.kafka.streams.kstream.Windows;

/** Steps that start from what is grouped: windows, cogroups and aggregations. */
@SuppressWarnings({"rawtypes", "unchecked"})
final class AggregationSteps {
  private AggregationSteps() { }

  static Object run(final Object from, final JsonNode step, final KGroupedStream other) {
    return switch (textOf(step, "op")) {
      case "windowedBy" -> windowed(from, step.get("window"));
      case "emitStrategy" -> emit(from, textOf(step, "strategy"));
      case "cogroup" -> {
        final Aggregator aggregator = aggregator(step, "fn");
        yield from instanceof KGroupedStream grouped ? grouped.cogroup(aggregator) : ((CogroupedKStream) from).cogroup(other, aggregator);
      }
      case "count" -> count(from, Options.named(step), Options.materialized(step));
      case "reduce" -> reduce(from, step, Options.named(step), Options.materialized(step));
      case "aggregate" -> aggregate(from, step, Options.named(step), Options.materialized(step));
      default -> throw new IllegalArgumentException("no step of what is grouped: " + step);
    };
  }

  private static Object windowed(final Object from, final JsonNode window) {
    final Duration grace = Stores.millis(window, "graceMs");
    switch (textOf(window, "type")) {
      case "session" -> {
        final Duration gap = Stores.millis(window, "gapMs");
        final SessionWindows windows =
          grace == null ? SessionWindows.ofInactivityGapWithNoGrace(gap) : SessionWindows.ofInactivityGapAndGrace(gap, grace);
        return from instanceof KGroupedStream grouped ? grouped.windowedBy(windows) : ((CogroupedKStream) from).windowedBy(windows);
      }
      case "sliding" -> {
        final Duration difference = Stores.millis(window, "diffMs");
        final SlidingWindows windows = grace == null
          ? SlidingWindows.ofTimeDifferenceWithNoGrace(difference)
          : SlidingWindows.ofTimeDifferenceAndGrace(difference, grace);
        return from instanceof KGroupedStream grouped ? grouped.windowedBy(windows) : ((CogroupedKStream) from).windowedBy(windows);
      }
      default -> {
        final Windows windows = windows(window, grace);
        return from instanceof KGroupedStream grouped ? grouped.windowedBy(windows) : ((CogroupedKStream) from).windowedBy(windows);
      }
    }
  }

  private static Windows windows(final JsonNode window, final Duration grace) {
    if (textOf(window, "type").equals("unlimited")) {
      final UnlimitedWindows unlimited = UnlimitedWindows.of();
      return window.has("startMs") ? unlimited.startOn(Instant.ofEpochMilli(window.get("startMs").longValue())) : unlimited;
    }
    final Duration size = Stores.millis(window, "sizeMs");
    final TimeWindows windows = grace == null ? TimeWindows.ofSizeWithNoGrace(size) : TimeWindows.ofSizeAndGrace(size, grace);
    return window.has("advanceMs") ? windows.advanceBy(Stores.millis(window, "advanceMs")) : windows;
  }

  private static Object emit(final Object from, final String name) {
    final EmitStrategy strategy = name.equals("onWindowClose") ? EmitStrategy.onWindowClose() : EmitStrategy.onWindowUpdate();
    return from instanceof TimeWindowedKStream windowed ? windowed.emitStrategy(strategy) : ((SessionWindowedKStream) from).emitStrategy(strategy);
  }

  private static Object count(final Object from, final Named named, final Materialized mat) {
    if (from instanceof KGroupedStream grouped) {
      if (mat == null) return named == null ? grouped.count() : grouped.count(named);
      return named == null ? grouped.count(mat) : grouped.count(named, mat);
    }
    if (from instanceof KGroupedTable grouped) {
      if (mat == null) return named == null ? grouped.count() : grouped.count(named);
      return named == null ? grouped.count(mat) : grouped.count(named, mat);
    }
    if (from instanceof TimeWindowedKStream windowed) {
      if (mat == null) return named == null ? windowed.count() : windowed.count(named);
      return named == null ? windowed.count(mat) : windowed.count(named, mat);
    }
    final SessionWindowedKStream windowed = (SessionWindowedKStream) from;
    if (mat == null) return named == null ? windowed.count() : windowed.count(named);
    return named == null ? windowed.count(mat) : windowed.count(named, mat);
  }

  private static Object reduce(final Object from, final JsonNode step, final Named named, final Materialized mat) {
    final BinaryOperator<Object> fn = Functions.reducer(textOf(step, "fn"));
    final Reducer reducer = fn::apply;
    if (from instanceof KGroupedTable grouped) {
      final BinaryOperator<Object> sub = Functions.reducer(textOf(step, "sub"));
      final Reducer subtractor = sub::apply;
      if (mat == null) return grouped.reduce(reducer, subtractor);
      return named == null ? grouped.reduce(reducer, subtractor, mat) : grouped.reduce(reducer, subtractor, named, mat);
    }
    if (from instanceof KGroupedStream grouped) {
      if (mat == null) return grouped.reduce(reducer);
      return named == null ? grouped.reduce(reducer, mat) : grouped.reduce(reducer, named, mat);
    }
    if (from instanceof TimeWindowedKStream windowed) {
      if (mat == null) return named == null ? windowed.reduce(reducer) : windowed.reduce(reducer, named);
      return named == null ? windowed.reduce(reducer, mat) : windowed.reduce(reducer, named, mat);
    }
    final SessionWindowedKStream windowed = (SessionWindowedKStream) from;
    if (mat == null) return named == null ? windowed.reduce(reducer) : windowed.reduce(reducer, named);
    return named == null ? windowed.reduce(reducer, mat) : windowed.reduce(reducer, named, mat);
  }

  private static Aggregator aggregator(final JsonNode step, final String field) {
    final Functions.OfThree fn = Functions.aggregator(textOf(step, field));
    return fn::apply;
  }

  private static Object aggregate(final Object from, final JsonNode step, final Named named, final Materialized mat) {
    final String spec = textOf(step, "init");
    Functions.initial(spec);
    final Initializer init = () -> Functions.initial(spec);
    if (from instanceof CogroupedKStream cogrouped) {
      if (mat == null) return named == null ? cogrouped.aggregate(init) : cogrouped.aggregate(init, named);
      return named == null ? cogrouped.aggregate(init, mat) : cogrouped.aggregate(init, named, mat);
    }
    if (from instanceof TimeWindowedCogroupedKStream cogrouped) {
      if (mat == null) return named == null ? cogrouped.aggregate(init) : cogrouped.aggregate(init, named);
      return named == null ? cogrouped.aggregate(init, mat) : cogrouped.aggregate(init, named, mat);
    }
    if (from instanceof SessionWindowedCogroupedKStream cogrouped) {
      final Merger merger = merger(step);
      if (mat == null) return named == null ? cogrouped.aggregate(init, merger) : cogrouped.aggregate(init, merger, named);
      return named == null ? cogrouped.aggregate(init, merger, mat) : cogrouped.aggregate(init, merger, named, mat);
    }
    final Aggregator fn = aggregator(step, "fn");
    if (from instanceof KGroupedTable grouped) {
      final Aggregator sub = aggregator(step, "sub");
      if (mat == null) return named == null ? grouped.aggregate(init, fn, sub) : grouped.aggregate(init, fn, sub, named);
      return named == null ? grouped.aggregate(init, fn, sub, mat) : grouped.aggregate(init, fn, sub, named, mat);
    }
    if (from instanceof KGroupedStream grouped) {
      if (mat == null) return grouped.aggregate(init, fn);
      return named == null ? grouped.aggregate(init, fn, mat) : grouped.aggregate(init, fn, named, mat);
    }
    if (from instanceof TimeWindowedKStream windowed) {
      if (mat == null) return named == null ? windowed.aggregate(init, fn) : windowed.aggregate(init, fn, named);
      return named == null ? windowed.aggregate(init, fn, mat) : windowed.aggregate(init, fn, named, mat);
    }
    final SessionWindowedKStream windowed = (SessionWindowedKStream) from;
    final Merger merger = merger(step);
    if (mat == null) return named == null ? windowed.aggregate(init, fn, merger) : windowed.aggregate(init, fn, merger, named);
    return named == null ? windowed.aggregate(init, fn, merger, mat) : windowed.aggregate(init, fn, merger, named, mat);
  }

  private static Merger merger(final JsonNode step) {
    final Functions.OfThree fn = Functions.merger(textOf(step, "merger"));
    return fn::apply;
  }
}
