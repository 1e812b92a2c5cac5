package goldens;

import java.util.HexFormat;

/** Bytes as the case language writes them; null stays null. */
final class Hex {
  private Hex() { }

  static String of(final byte[] bytes) {
    return bytes == null ? null : HexFormat.of().formatHex(bytes);
  }
}
