package takeover;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.processor.StateStore;

/** The topologies of src/scenarios.ts, by name, and the serdes that they share. */
final class Scenarios {
    static final Duration SIZE = Duration.ofSeconds(10);
    private static final Serde<String> TEXT = Serdes.String();

    interface Scenario {
        void build(StreamsBuilder builder, String inputs, String outputs);
    }

    private static final Map<String, Scenario> ALL = Map.ofEntries(
        Map.entry("windowed-count", Windows::count),
        Map.entry("suppress", Windows::suppress),
        Map.entry("emit-on-close", Windows::emitOnClose),
        Map.entry("session-windows", Windows::sessions),
        Map.entry("sliding-windows", Windows::sliding),
        Map.entry("left-join", Joins::left),
        Map.entry("outer-join", Joins::outer),
        Map.entry("foreign-key-join", Joins::foreignKey),
        Map.entry("global-table", Joins::globalTable),
        Map.entry("optimised", Tables::optimised),
        Map.entry("headers", Tables::headers),
        Map.entry("processor", Tables::processor));

    /** @param config of the application: some settings change the topology */
    static Topology topology(final String scenario, final String inputs, final String outputs, final Properties config) {
        final StreamsBuilder builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(config)));
        ALL.get(scenario).build(builder, inputs, outputs);
        return builder.build(config);
    }

    static Consumed<String, String> texts() {
        return Consumed.with(TEXT, TEXT);
    }

    static Grouped<String, String> grouped() {
        return Grouped.with(TEXT, TEXT);
    }

    static <S extends StateStore> Materialized<String, String, S> texts(final String store) {
        return Materialized.<String, String, S>as(store).withKeySerde(TEXT).withValueSerde(TEXT);
    }

    static <S extends StateStore> Materialized<String, Long, S> counts(final String store) {
        return Materialized.<String, Long, S>as(store).withKeySerde(TEXT).withValueSerde(Serdes.Long());
    }

    static Produced<String, String> text() {
        return Produced.with(TEXT, TEXT);
    }

    static Produced<String, Long> count() {
        return Produced.with(TEXT, Serdes.Long());
    }

    static <V> Produced<Windowed<String>, V> byWindow(final Serde<V> value) {
        return Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, SIZE.toMillis()), value);
    }

    static <V> Produced<Windowed<String>, V> bySession(final Serde<V> value) {
        return Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class), value);
    }

    private Scenarios() {
    }
}
