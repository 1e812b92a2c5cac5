package takeover;

import static takeover.Scenarios.SIZE;
import static takeover.Scenarios.bySession;
import static takeover.Scenarios.byWindow;
import static takeover.Scenarios.counts;
import static takeover.Scenarios.grouped;
import static takeover.Scenarios.texts;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.StateStore;

/** The topologies of src/window-scenarios.ts. */
final class Windows {
    private static final TimeWindows TUMBLING = TimeWindows.ofSizeAndGrace(SIZE, Duration.ofSeconds(30));

    static void count(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "posts", texts())
            .groupBy((user, word) -> word, Grouped.with("by-word", Serdes.String(), Serdes.String()))
            .windowedBy(TimeWindows.ofSizeAndGrace(SIZE, Duration.ofMinutes(2)))
            .count(counts("words"))
            .toStream()
            .to(outputs + "words", byWindow(Serdes.Long()));
    }

    static void suppress(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "visits", texts())
            .groupByKey(grouped())
            .windowedBy(TUMBLING)
            .count(counts("visits"))
            .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("closed"))
            .toStream()
            .to(outputs + "closed", byWindow(Serdes.Long()));
    }

    static void emitOnClose(final StreamsBuilder builder, final String inputs, final String outputs) {
        final Duration grace = Duration.ofSeconds(5);
        final Duration gap = Duration.ofSeconds(3);
        final EmitStrategy onClose = EmitStrategy.onWindowClose();
        final KGroupedStream<String, String> hits = builder.stream(inputs + "hits", texts()).groupByKey(grouped());
        hits.windowedBy(TimeWindows.ofSizeAndGrace(SIZE, grace)).emitStrategy(onClose)
            .count(kept("tumbling")).toStream().to(outputs + "final", byWindow(Serdes.Long()));
        hits.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(gap, grace)).emitStrategy(onClose)
            .count(kept("sliding")).toStream().to(outputs + "final", byWindow(Serdes.Long()));
        hits.windowedBy(SessionWindows.ofInactivityGapAndGrace(gap, grace)).emitStrategy(onClose)
            .count(kept("sessions")).toStream().to(outputs + "final", bySession(Serdes.Long()));
    }

    /**
     * Out of its cache the library reads the first final results minute by minute, from 1970 on: that takes minutes. And it looks for them once a second:
     * what leaves the store within one is never sent, and here event time runs faster than the clock.
     */
    private static <S extends StateStore> Materialized<String, Long, S> kept(final String store) {
        return Scenarios.<S>counts(store).withCachingDisabled().withRetention(Duration.ofHours(8));
    }

    static void sessions(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "clicks", texts())
            .groupByKey(grouped())
            .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(5), Duration.ofMinutes(1)))
            .aggregate(() -> "", (key, value, path) -> path + "," + value, (key, a, b) -> a + "+" + b, texts("paths"))
            .toStream()
            .to(outputs + "paths", Scenarios.bySession(Serdes.String()));
    }

    static void sliding(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "readings", texts())
            .groupByKey(grouped())
            .windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(5), Duration.ofMinutes(1)))
            .reduce((a, b) -> a + "," + b, texts("slides"))
            .toStream()
            .to(outputs + "slides", byWindow(Serdes.String()));
    }

    private Windows() {
    }
}
