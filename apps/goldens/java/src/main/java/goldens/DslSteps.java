package goldens;

import static goldens.Options.textOf;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.BranchedKStream;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.ValueJoinerWithKey;

/** Builds the topology of a case over the DSL. What an aggregation is made of stands in {@link AggregationSteps}. */
@SuppressWarnings({"rawtypes", "unchecked", "deprecation"})
final class DslSteps {
  private final StreamsBuilder builder;
  private final Map<String, Object> nodes = new HashMap<>();

  private DslSteps(final Properties config) {
    builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(config)));
  }

  static Topology build(final JsonNode steps, final Properties config) {
    final DslSteps dsl = new DslSteps(config);
    for (final JsonNode step : steps) {
      final Object made = dsl.run(step);
      if (step.has("out")) dsl.nodes.put(textOf(step, "out"), made);
    }
    return dsl.builder.build(config);
  }

  private Object node(final JsonNode step, final String field) {
    final Object found = nodes.get(textOf(step, field));
    if (found == null) throw new IllegalArgumentException("no step has made the " + field + " of " + step);
    return found;
  }

  private Object run(final JsonNode step) {
    switch (textOf(step, "op")) {
      case "stream" -> {
        return stream(step);
      }
      case "table" -> {
        final Consumed consumed = Options.consumed(step);
        final Materialized mat = Options.materialized(step);
        final String topic = textOf(step, "topic");
        if (mat == null) return consumed == null ? builder.table(topic) : builder.table(topic, consumed);
        return consumed == null ? builder.table(topic, mat) : builder.table(topic, consumed, mat);
      }
      case "globalTable" -> {
        final Consumed consumed = Options.consumed(step);
        final Materialized mat = Options.materialized(step);
        final String topic = textOf(step, "topic");
        if (mat == null) return consumed == null ? builder.globalTable(topic) : builder.globalTable(topic, consumed);
        return consumed == null ? builder.globalTable(topic, mat) : builder.globalTable(topic, consumed, mat);
      }
      case "addStateStore" -> {
        return builder.addStateStore((org.apache.kafka.streams.state.StoreBuilder) Stores.builder(step));
      }
      case "addGlobalStore" -> {
        final Consumed consumed = Consumed.with(CaseSerdes.of(step, "key"), CaseSerdes.of(step, "value"));
        return builder.addGlobalStore((org.apache.kafka.streams.state.StoreBuilder) Stores.builder(step), textOf(step, "topic"), consumed,
          Processors.processor(step));
      }
      default -> {
        final Object from = node(step, "in");
        if (from instanceof KStream stream) return ofStream(stream, step);
        if (from instanceof KTable table) return TableSteps.run(table, step, step.has("other") ? node(step, "other") : null);
        return AggregationSteps.run(from, step, step.has("other") ? (KGroupedStream) node(step, "other") : null);
      }
    }
  }

  private KStream stream(final JsonNode step) {
    final Consumed consumed = Options.consumed(step);
    if (!step.has("topics")) {
      final String topic = textOf(step, "topic");
      return consumed == null ? builder.stream(topic) : builder.stream(topic, consumed);
    }
    final List<String> topics = texts(step.get("topics"));
    return consumed == null ? builder.stream(topics) : builder.stream(topics, consumed);
  }

  static List<String> texts(final JsonNode given) {
    final List<String> texts = new ArrayList<>();
    if (given != null) given.forEach(one -> texts.add(one.asText()));
    return texts;
  }

  private Object ofStream(final KStream stream, final JsonNode step) {
    final Named named = Options.named(step);
    switch (textOf(step, "op")) {
      case "filter", "filterNot" -> {
        final Functions.Test test = Functions.predicate(textOf(step, "pred"));
        final org.apache.kafka.streams.kstream.Predicate pred = test::test;
        if (textOf(step, "op").equals("filter")) return named == null ? stream.filter(pred) : stream.filter(pred, named);
        return named == null ? stream.filterNot(pred) : stream.filterNot(pred, named);
      }
      case "map" -> {
        final org.apache.kafka.streams.kstream.KeyValueMapper mapper = TableSteps.pair(step);
        return named == null ? stream.map(mapper) : stream.map(mapper, named);
      }
      case "mapValues" -> {
        final org.apache.kafka.streams.kstream.ValueMapperWithKey mapper = Functions.keyValue(textOf(step, "fn"))::apply;
        return named == null ? stream.mapValues(mapper) : stream.mapValues(mapper, named);
      }
      case "flatMap" -> {
        final String fn = textOf(step, "fn");
        final org.apache.kafka.streams.kstream.KeyValueMapper mapper = (k, v) -> Functions.flatMap(fn, k, v);
        return named == null ? stream.flatMap(mapper) : stream.flatMap(mapper, named);
      }
      case "flatMapValues" -> {
        final String fn = textOf(step, "fn");
        final org.apache.kafka.streams.kstream.ValueMapper mapper = v -> Functions.flatMapValues(fn, v);
        return named == null ? stream.flatMapValues(mapper) : stream.flatMapValues(mapper, named);
      }
      case "selectKey" -> {
        final org.apache.kafka.streams.kstream.KeyValueMapper mapper = Functions.keyValue(textOf(step, "fn"))::apply;
        return named == null ? stream.selectKey(mapper) : stream.selectKey(mapper, named);
      }
      case "peek" -> {
        return named == null ? stream.peek((k, v) -> { }) : stream.peek((k, v) -> { }, named);
      }
      case "foreach" -> {
        if (named == null) stream.foreach((k, v) -> { });
        else stream.foreach((k, v) -> { }, named);
        return null;
      }
      case "split" -> {
        split(stream, step);
        return null;
      }
      case "merge" -> {
        final KStream other = (KStream) node(step, "other");
        return named == null ? stream.merge(other) : stream.merge(other, named);
      }
      case "repartition" -> {
        final var options = Options.repartitioned(step);
        return options == null ? stream.repartition() : stream.repartition(options);
      }
      case "groupByKey" -> {
        final Grouped grouped = Options.grouped(step);
        return grouped == null ? stream.groupByKey() : stream.groupByKey(grouped);
      }
      case "groupBy" -> {
        final org.apache.kafka.streams.kstream.KeyValueMapper mapper = Functions.keyValue(textOf(step, "fn"))::apply;
        final Grouped grouped = Options.grouped(step);
        return grouped == null ? stream.groupBy(mapper) : stream.groupBy(mapper, grouped);
      }
      case "toTable" -> {
        final Materialized mat = Options.materialized(step);
        if (mat == null) return named == null ? stream.toTable() : stream.toTable(named);
        return named == null ? stream.toTable(mat) : stream.toTable(named, mat);
      }
      case "to" -> {
        to(stream, step);
        return null;
      }
      case "process" -> {
        final String[] stores = texts(step.get("stores")).toArray(String[]::new);
        return named == null ? stream.process(Processors.processor(step), stores) : stream.process(Processors.processor(step), named, stores);
      }
      case "processValues" -> {
        final String[] stores = texts(step.get("stores")).toArray(String[]::new);
        return named == null
          ? stream.processValues(Processors.fixedKey(step), stores)
          : stream.processValues(Processors.fixedKey(step), named, stores);
      }
      case "join", "leftJoin", "outerJoin" -> {
        return join(stream, node(step, "other"), step);
      }
      default -> throw new IllegalArgumentException("no step of a stream: " + step);
    }
  }

  private void split(final KStream stream, final JsonNode step) {
    BranchedKStream split = step.has("name") ? stream.split(Options.named(step)) : stream.split();
    for (final JsonNode branch : step.path("branches")) {
      final Functions.Test test = Functions.predicate(textOf(branch, "pred"));
      split = split.branch((k, v) -> test.test(k, v), branched(branch));
    }
    if (step.has("default")) split.defaultBranch(branched(step.get("default")));
    else split.noDefaultBranch();
  }

  private Branched branched(final JsonNode branch) {
    final java.util.function.Consumer consumer = made -> nodes.put(textOf(branch, "out"), made);
    return branch.has("name") ? Branched.withConsumer(consumer, textOf(branch, "name")) : Branched.withConsumer(consumer);
  }

  private static void to(final KStream stream, final JsonNode step) {
    final Produced produced = Options.produced(step);
    if (step.has("topicFn")) {
      final Options.NamesTopic topic = new Options.NamesTopic(textOf(step, "topicFn"));
      if (produced == null) stream.to(topic);
      else stream.to(topic, produced);
    } else if (produced == null) {
      stream.to(textOf(step, "topic"));
    } else {
      stream.to(textOf(step, "topic"), produced);
    }
  }

  private static Object join(final KStream stream, final Object other, final JsonNode step) {
    final Functions.OfThree fn = Functions.joiner(textOf(step, "joiner"));
    final ValueJoinerWithKey joiner = fn::apply;
    final String op = textOf(step, "op");
    if (other instanceof KStream right) return joinStreams(stream, right, joiner, op, step);
    if (other instanceof GlobalKTable global) {
      final org.apache.kafka.streams.kstream.KeyValueMapper key = Functions.keyValue(textOf(step, "keyFn"))::apply;
      final Named named = Options.named(step);
      if (op.equals("join")) return named == null ? stream.join(global, key, joiner) : stream.join(global, key, joiner, named);
      return named == null ? stream.leftJoin(global, key, joiner) : stream.leftJoin(global, key, joiner, named);
    }
    final KTable table = (KTable) other;
    final Joined joined = Options.joined(step.get("joined"));
    if (op.equals("join")) return joined == null ? stream.join(table, joiner) : stream.join(table, joiner, joined);
    return joined == null ? stream.leftJoin(table, joiner) : stream.leftJoin(table, joiner, joined);
  }

  private static KStream joinStreams(final KStream left, final KStream right, final ValueJoinerWithKey joiner, final String op, final JsonNode step) {
    final JoinWindows windows = joinWindows(step.get("window"));
    final StreamJoined joined = Options.streamJoined(step.get("joined"));
    return switch (op) {
      case "join" -> joined == null ? left.join(right, joiner, windows) : left.join(right, joiner, windows, joined);
      case "leftJoin" -> joined == null ? left.leftJoin(right, joiner, windows) : left.leftJoin(right, joiner, windows, joined);
      default -> joined == null ? left.outerJoin(right, joiner, windows) : left.outerJoin(right, joiner, windows, joined);
    };
  }

  private static JoinWindows joinWindows(final JsonNode given) {
    final var difference = Stores.millis(given, "diffMs");
    final var grace = Stores.millis(given, "graceMs");
    JoinWindows windows;
    if (given.path("oldApi").asBoolean()) {
      windows = JoinWindows.of(difference);
      if (grace != null) windows = windows.grace(grace);
    } else {
      windows = grace == null ? JoinWindows.ofTimeDifferenceWithNoGrace(difference) : JoinWindows.ofTimeDifferenceAndGrace(difference, grace);
    }
    if (given.has("beforeMs")) windows = windows.before(Stores.millis(given, "beforeMs"));
    return given.has("afterMs") ? windows.after(Stores.millis(given, "afterMs")) : windows;
  }
}
