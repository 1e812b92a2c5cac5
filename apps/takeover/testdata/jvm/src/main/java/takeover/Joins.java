package takeover;

import static takeover.Scenarios.text;
import static takeover.Scenarios.texts;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TableJoined;

/** The topologies of src/join-scenarios.ts. */
final class Joins {
    private static final Serde<String> TEXT = Serdes.String();
    private static final Duration GRACE = Duration.ofMinutes(2);

    static void left(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "offers", texts())
            .leftJoin(
                builder.stream(inputs + "answers", texts()),
                (offer, answer) -> offer + "|" + answer,
                JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(20), Duration.ofSeconds(60)),
                joinedAs("answered"))
            .to(outputs + "answered", text());
    }

    static void outer(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.stream(inputs + "sent", texts())
            .outerJoin(
                builder.stream(inputs + "received", texts()),
                (sent, received) -> sent + "|" + received,
                JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(5), GRACE),
                joinedAs("matched"))
            .to(outputs + "matched", text());
    }

    /** Orders are `customer:number`. */
    static void foreignKey(final StreamsBuilder builder, final String inputs, final String outputs) {
        builder.table(inputs + "orders", texts())
            .join(
                builder.table(inputs + "customers", texts()),
                (String order) -> order.split(":")[0],
                (order, customer) -> order + "@" + customer,
                TableJoined.as("by-customer"),
                texts("shipped"))
            .toStream()
            .to(outputs + "shipped", text());
    }

    static void globalTable(final StreamsBuilder builder, final String inputs, final String outputs) {
        final GlobalKTable<String, String> products = builder.globalTable(inputs + "products", texts(), texts("products"));
        builder.stream(inputs + "baskets", texts())
            .leftJoin(products, (key, product) -> product, (product, label) -> product + "=" + label)
            .to(outputs + "labelled", text());
    }

    private static StreamJoined<String, String, String> joinedAs(final String name) {
        return StreamJoined.with(TEXT, TEXT, TEXT).withName(name).withStoreName(name);
    }

    private Joins() {
    }
}
