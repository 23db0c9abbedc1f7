/** Encodings in encodings: a URL in HTML in JSON in JSON, and once more for good measure. */
const MAX_DEPTH = 5;

/** Names of entities that can stand in a file name or a path; numeric ones need no table. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  sol: "/",
  bsol: "\\",
  period: ".",
  lowbar: "_",
  hyphen: "-",
  dash: "-",
  percnt: "%",
  commat: "@",
  quot: '"',
  apos: "'",
  lt: "<",
  gt: ">",
  lpar: "(",
  rpar: ")",
  num: "#",
  nbsp: "\u00A0",
};

/**
 * A text as it is, and again after every layer of encoding that can be taken off: JSON's and JavaScript's escapes, HTML
 * entities, percent-encoding. Also the layers between count: a name may look like an encoding without being one.
 */
export function* decodings(text: string): Generator<string> {
  let current = text;
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    yield current;
    const next = decodePercent(decodeEntities(decodeEscapes(current)));
    if (next === current) return;
    current = next;
  }
}

/**
 * `\/`, `\"`, `\u002f`, `\x2f`; with any number of backslashes, as JSON within JSON has them. Each pattern begins where
 * a run of backslashes does: otherwise a long run would be looked at from each of them.
 */
function decodeEscapes(text: string): string {
  if (!text.includes("\\")) return text;
  return text
    .replace(/(?<!\\)\\+u\{([0-9a-f]{1,6})\}/gi, (whole, hex: string) => character(Number.parseInt(hex, 16), whole))
    .replace(/(?<!\\)\\+(?:u([0-9a-f]{4})|x([0-9a-f]{2}))/gi, (whole, long?: string, short?: string) =>
      // One half of a pair is a code unit, not a character.
      long ? String.fromCharCode(Number.parseInt(long, 16)) : character(Number.parseInt(short ?? "", 16), whole),
    )
    .replace(/(?<!\\)\\+(["'/])/g, "$1");
}

function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi,
    (whole, hex?: string, decimal?: string, entity?: string) => {
      if (entity) return ENTITIES[entity.toLowerCase()] ?? whole;
      return character(hex ? Number.parseInt(hex, 16) : Number(decimal), whole);
    },
  );
}

const character = (code: number, otherwise: string): string =>
  code <= 0x10ffff ? String.fromCodePoint(code) : otherwise;

/** Takes whole runs, as a letter may have several bytes; what is no UTF-8 stays as it is. */
function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run.replace(/%([2-7][0-9a-f])/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    }
  });
}
