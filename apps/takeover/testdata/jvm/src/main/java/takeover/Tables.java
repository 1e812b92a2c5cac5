package takeover;

import static takeover.Scenarios.SIZE;
import static takeover.Scenarios.bySession;
import static takeover.Scenarios.byWindow;
import static takeover.Scenarios.count;
import static takeover.Scenarios.counts;
import static takeover.Scenarios.grouped;
import static takeover.Scenarios.text;
import static takeover.Scenarios.texts;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.Stores;

/** The topologies of src/table-scenarios.ts. */
final class Tables {
    private static final TimeWindows TUMBLING = TimeWindows.ofSizeAndGrace(SIZE, Duration.ofMinutes(2));

    static void optimised(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.table(inputs + "players", texts(), texts("players"))
            .groupBy((player, team) -> KeyValue.pair(team, player), grouped())
            .count(counts("sizes"))
            .toStream((team, size) -> "size of " + team)
            .to(outputs + "standings", count());
        final KGroupedStream<String, String> goals =
            builder.stream(inputs + "goals", texts()).selectKey((player, team) -> team).groupByKey(grouped());
        goals.count(counts("goals")).toStream((team, sum) -> "goals of " + team).to(outputs + "standings", count());
        goals.windowedBy(TUMBLING).count(counts("recent")).toStream().to(outputs + "standings", byWindow(Serdes.Long()));
    }

    static void headers(final StreamsBuilder builder, final String inputs, final String outputs) {
        final KGroupedStream<String, String> edits = builder.stream(inputs + "edits", texts()).groupByKey(grouped());
        edits.reduce((a, b) -> b, texts("documents")).toStream().to(outputs + "edited", text());
        edits.windowedBy(TUMBLING).count(counts("busy")).toStream().to(outputs + "edited", byWindow(Serdes.Long()));
        edits.windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(5), Duration.ofMinutes(1)))
            .count(counts("sittings"))
            .toStream()
            .to(outputs + "edited", bySession(Serdes.Long()));
    }

    static void processor(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.addStateStore(
            Stores.timestampedKeyValueStoreBuilder(Stores.persistentTimestampedKeyValueStore("last"), Serdes.String(), Serdes.String()));
        builder.addStateStore(
            Stores.windowStoreBuilder(
                Stores.persistentWindowStore("seen", Duration.ofHours(8), SIZE, false), Serdes.String(), Serdes.String()));
        builder.stream(inputs + "signals", texts())
            .process(Steps::new, Named.as("steps"), "last", "seen")
            .to(outputs + "steps", text());
    }

    private Tables() {
    }
}
