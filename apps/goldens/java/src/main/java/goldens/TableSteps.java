package goldens;

import static goldens.Options.textOf;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.BiFunction;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.KeyValueMapper;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.kstream.ValueMapperWithKey;
import org.apache.kafka.streams.kstream.ValueTransformerWithKeySupplier;

/** Steps that start from a table. */
@SuppressWarnings({"rawtypes", "unchecked"})
final class TableSteps {
  private TableSteps() { }

  static KeyValueMapper pair(final JsonNode step) {
    final Functions.OfKeyValue key = Functions.keyValue(textOf(step, "keyFn"));
    final Functions.OfKeyValue value = Functions.keyValue(textOf(step, "valueFn"));
    return (k, v) -> KeyValue.pair(key.apply(k, v), value.apply(k, v));
  }

  static Object run(final KTable table, final JsonNode step, final Object other) {
    final Named named = Options.named(step);
    final Materialized mat = Options.materialized(step);
    switch (textOf(step, "op")) {
      case "filter", "filterNot" -> {
        return filter(table, step, named, mat);
      }
      case "mapValues" -> {
        final ValueMapperWithKey mapper = Functions.keyValue(textOf(step, "fn"))::apply;
        if (mat == null) return named == null ? table.mapValues(mapper) : table.mapValues(mapper, named);
        return named == null ? table.mapValues(mapper, mat) : table.mapValues(mapper, named, mat);
      }
      case "transformValues" -> {
        final ValueTransformerWithKeySupplier supplier = Processors.transformer(step);
        final String[] stores = DslSteps.texts(step.get("stores")).toArray(String[]::new);
        if (mat == null) return named == null ? table.transformValues(supplier, stores) : table.transformValues(supplier, named, stores);
        return named == null ? table.transformValues(supplier, mat, stores) : table.transformValues(supplier, mat, named, stores);
      }
      case "groupBy" -> {
        final Grouped grouped = Options.grouped(step);
        return grouped == null ? table.groupBy(pair(step)) : table.groupBy(pair(step), grouped);
      }
      case "suppress" -> {
        return table.suppress(Options.suppressed(step));
      }
      case "toStream" -> {
        if (!step.has("fn")) return named == null ? table.toStream() : table.toStream(named);
        final KeyValueMapper mapper = Functions.keyValue(textOf(step, "fn"))::apply;
        return named == null ? table.toStream(mapper) : table.toStream(mapper, named);
      }
      case "join", "leftJoin", "outerJoin" -> {
        return join(table, (KTable) other, step, named, mat);
      }
      case "fkJoin", "fkLeftJoin" -> {
        return foreignKeyJoin(table, (KTable) other, step, mat);
      }
      default -> throw new IllegalArgumentException("no step of a table: " + step);
    }
  }

  private static KTable filter(final KTable table, final JsonNode step, final Named named, final Materialized mat) {
    final Functions.Test test = Functions.predicate(textOf(step, "pred"));
    final org.apache.kafka.streams.kstream.Predicate pred = test::test;
    if (textOf(step, "op").equals("filter")) {
      if (mat == null) return named == null ? table.filter(pred) : table.filter(pred, named);
      return named == null ? table.filter(pred, mat) : table.filter(pred, named, mat);
    }
    if (mat == null) return named == null ? table.filterNot(pred) : table.filterNot(pred, named);
    return named == null ? table.filterNot(pred, mat) : table.filterNot(pred, named, mat);
  }

  private static ValueJoiner joiner(final JsonNode step) {
    final Functions.OfThree fn = Functions.joiner(textOf(step, "joiner"));
    return (left, right) -> fn.apply(null, left, right);
  }

  private static KTable join(final KTable left, final KTable right, final JsonNode step, final Named named, final Materialized mat) {
    final ValueJoiner joiner = joiner(step);
    switch (textOf(step, "op")) {
      case "join" -> {
        if (mat == null) return named == null ? left.join(right, joiner) : left.join(right, joiner, named);
        return named == null ? left.join(right, joiner, mat) : left.join(right, joiner, named, mat);
      }
      case "leftJoin" -> {
        if (mat == null) return named == null ? left.leftJoin(right, joiner) : left.leftJoin(right, joiner, named);
        return named == null ? left.leftJoin(right, joiner, mat) : left.leftJoin(right, joiner, named, mat);
      }
      default -> {
        if (mat == null) return named == null ? left.outerJoin(right, joiner) : left.outerJoin(right, joiner, named);
        return named == null ? left.outerJoin(right, joiner, mat) : left.outerJoin(right, joiner, named, mat);
      }
    }
  }

  private static KTable foreignKeyJoin(final KTable left, final KTable right, final JsonNode step, final Materialized mat) {
    final BiFunction fk = Functions.keyValue(textOf(step, "fk"))::apply;
    final ValueJoiner joiner = joiner(step);
    final TableJoined joined = step.has("name") ? TableJoined.as(textOf(step, "name")) : null;
    if (textOf(step, "op").equals("fkJoin")) {
      if (mat == null) return joined == null ? left.join(right, fk, joiner) : left.join(right, fk, joiner, joined);
      return joined == null ? left.join(right, fk, joiner, mat) : left.join(right, fk, joiner, joined, mat);
    }
    if (mat == null) return joined == null ? left.leftJoin(right, fk, joiner) : left.leftJoin(right, fk, joiner, joined);
    return joined == null ? left.leftJoin(right, fk, joiner, mat) : left.leftJoin(right, fk, joiner, joined, mat);
  }
}
