package takeover;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/** The topologies of src/scenarios.ts. */
final class Scenarios {
    private static final Serde<String> TEXT = Serdes.String();
    private static final Serde<Long> COUNT = Serdes.Long();
    private static final Duration SIZE = Duration.ofSeconds(10);

    static Topology topology(final String scenario, final String inputs, final String outputs) {
        final StreamsBuilder builder = new StreamsBuilder();
        switch (scenario) {
            case "windowed-count": windowedCount(builder, inputs, outputs); break;
            case "left-join": leftJoin(builder, inputs, outputs); break;
            case "suppress": suppress(builder, inputs, outputs); break;
            case "foreign-key-join": foreignKeyJoin(builder, inputs, outputs); break;
            default: throw new IllegalArgumentException(scenario);
        }
        return builder.build();
    }

    private static void windowedCount(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "posts", Consumed.with(TEXT, TEXT))
            .groupBy((user, word) -> word, Grouped.with("by-word", TEXT, TEXT))
            .windowedBy(TimeWindows.ofSizeAndGrace(SIZE, Duration.ofMinutes(2)))
            .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("words").withKeySerde(TEXT).withValueSerde(COUNT))
            .toStream()
            .to(outputs + "words", Produced.with(windowed(), COUNT));
    }

    private static void leftJoin(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "offers", Consumed.with(TEXT, TEXT))
            .leftJoin(
                builder.stream(inputs + "answers", Consumed.with(TEXT, TEXT)),
                (offer, answer) -> offer + "|" + answer,
                JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(20), Duration.ofSeconds(60)),
                StreamJoined.with(TEXT, TEXT, TEXT).withName("answered").withStoreName("answered"))
            .to(outputs + "answered", Produced.with(TEXT, TEXT));
    }

    private static void suppress(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "visits", Consumed.with(TEXT, TEXT))
            .groupByKey(Grouped.with(TEXT, TEXT))
            .windowedBy(TimeWindows.ofSizeAndGrace(SIZE, Duration.ofSeconds(30)))
            .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("visits").withKeySerde(TEXT).withValueSerde(COUNT))
            .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("closed"))
            .toStream()
            .to(outputs + "closed", Produced.with(windowed(), COUNT));
    }

    /** Orders are `customer:number`. */
    private static void foreignKeyJoin(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.table(inputs + "orders", Consumed.with(TEXT, TEXT))
            .join(
                builder.table(inputs + "customers", Consumed.with(TEXT, TEXT)),
                (String order) -> order.split(":")[0],
                (order, customer) -> order + "@" + customer,
                TableJoined.as("by-customer"),
                Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as("shipped").withKeySerde(TEXT).withValueSerde(TEXT))
            .toStream()
            .to(outputs + "shipped", Produced.with(TEXT, TEXT));
    }

    private static Serde<Windowed<String>> windowed() {
        return WindowedSerdes.timeWindowedSerdeFrom(String.class, SIZE.toMillis());
    }

    private Scenarios() {
    }
}
