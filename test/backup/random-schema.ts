/** A database that nobody would write by hand, the same for the same seed. */
export interface RandomDatabase {
  readonly name: string;
  readonly statements: readonly string[];
}

type Draw = () => number;

/** mulberry32: a 32-bit generator with a fixed sequence for each seed. */
function seeded(seed: number): Draw {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

const NAMES = [
  "plain",
  "a b",
  "back`tick",
  "ünï",
  "select",
  "semi;colon",
  "quo'te",
  "-dash",
  "VALUES (",
  "x--y",
  "DELIMITER ;;",
];

interface ColumnKind {
  readonly type: string;
  readonly value: (draw: Draw) => string;
}

const hex = (draw: Draw, bytes: number): string =>
  Array.from({ length: bytes }, () =>
    Math.floor(draw() * 256)
      .toString(16)
      .padStart(2, "0"),
  ).join("");

const TEXTS = [
  "",
  "a",
  "emoji 👩‍👩‍👧‍👦",
  "it''s",
  "back\\\\slash",
  "line\\nbreak",
  "),(",
  ";\\n-- x",
  "\\0nul",
  "/*!40000 x */",
  "%_",
  "\\Z",
  "tab\\t",
];

const pick = <T>(draw: Draw, list: readonly T[]): T => list[Math.floor(draw() * list.length)] as T;
const text = (draw: Draw): string => `'${pick(draw, TEXTS)}${pick(draw, TEXTS)}'`;
const integer = (draw: Draw): string => String(Math.floor(draw() * 2_000_000 - 1_000_000));

const KINDS: readonly ColumnKind[] = [
  { type: "INT", value: integer },
  { type: "BIGINT UNSIGNED", value: () => "18446744073709551615" },
  { type: "DECIMAL(30,10)", value: (draw) => `${integer(draw)}.0123456789` },
  { type: "DOUBLE", value: (draw) => String(draw() / 3) },
  { type: "BIT(13)", value: (draw) => `b'${Math.floor(draw() * 8192).toString(2)}'` },
  { type: "BLOB", value: (draw) => `x'${hex(draw, Math.floor(draw() * 40))}'` },
  { type: "VARBINARY(20)", value: (draw) => `x'${hex(draw, 9)}'` },
  { type: "BINARY(6)", value: (draw) => `x'${hex(draw, 3)}'` },
  { type: "LONGTEXT", value: text },
  { type: "VARCHAR(200) CHARACTER SET latin1", value: (draw) => pick(draw, ["'caf\u00e9'", "''", "'a''b'"]) },
  { type: "CHAR(40) COLLATE utf8mb4_bin", value: text },
  {
    type: "JSON",
    value: (draw) => pick(draw, ['\'{"a": [1, null, "\\\\n👋"]}\'', "'null'", "'[]'", "'\"x\"'", "'1.0'"]),
  },
  { type: "ENUM('a','b''c','','é')", value: (draw) => pick(draw, ["'a'", "'b''c'", "''", "'é'"]) },
  {
    type: "SET('x','y,z'';','w')".replace("y,z'';", "y;"),
    value: (draw) => pick(draw, ["''", "'x'", "'x,w'", "'y;'"]),
  },
  { type: "DATE", value: (draw) => pick(draw, ["'0000-00-00'", "'2024-02-29'", "'2024-00-15'"]) },
  { type: "DATETIME(6)", value: (draw) => pick(draw, ["'0000-00-00 00:00:00'", "'9999-12-31 23:59:59.999999'"]) },
  { type: "TIMESTAMP(3)", value: (draw) => pick(draw, ["'2026-10-25 00:30:00.123'", "'1970-01-01 00:00:01'"]) },
  { type: "TIME(2)", value: () => "'-838:59:58.99'" },
  { type: "YEAR", value: () => "2026" },
  { type: "GEOMETRY", value: (draw) => `ST_GeomFromText('LINESTRING(0 0,${draw().toFixed(3)} 1)', 0)` },
  { type: "POINT", value: (draw) => `POINT(${draw()}, ${draw()})` },
  { type: "BOOLEAN", value: (draw) => pick(draw, ["0", "1"]) },
];

interface TableDraft {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly kind: ColumnKind }[];
  readonly primary: boolean;
}

/** Tables, views, triggers, routines and events of all kinds, with rows. */
export function randomDatabase(seed: number): RandomDatabase {
  const draw = seeded(seed);
  const tables = Array.from({ length: 3 + Math.floor(draw() * 4) }, (_, index) => draftTable(draw, index));
  return {
    name: `rnd ${seed}${pick(draw, ["", "`x", "'y", "-z", "é"])}`,
    statements: [
      "SET sql_mode = 'ALLOW_INVALID_DATES', foreign_key_checks = 0, time_zone = '+02:00'",
      ...tables.flatMap((table) => [createTable(draw, table), ...insertRows(draw, table)]),
      ...cycle(),
      ...partitioned(draw),
      ...withoutRows(),
      ...programs(draw, tables),
    ],
  };
}

function draftTable(draw: Draw, index: number): TableDraft {
  const count = 2 + Math.floor(draw() * 8);
  const columns = Array.from({ length: count }, (_, at) => ({
    name: `${pick(draw, NAMES)} ${at}`,
    kind: pick(draw, KINDS),
  }));
  return { name: `${pick(draw, NAMES)} ${index}`, columns, primary: draw() < 0.75 };
}

function createTable(draw: Draw, { name, columns, primary }: TableDraft): string {
  const [first] = columns;
  const generated =
    draw() < 0.5 ? ["`gen` INT AS (`no` * 2) STORED", "`virt` VARCHAR(20) AS (CONCAT('#;', `no`)) VIRTUAL"] : [];
  const lines = [
    primary ? "`no` INT NOT NULL PRIMARY KEY" : "`no` INT NOT NULL",
    ...columns.map((column) => `${quote(column.name)} ${column.kind.type} NULL`),
    ...generated,
    ...(draw() < 0.5 ? ["KEY `by ``no``` (`no` DESC) COMMENT 'it''s; a /* key'"] : []),
    ...(draw() < 0.5 ? ["UNIQUE KEY `once` (`no`)"] : []),
    ...(draw() < 0.4 ? ["KEY `fn` ((`no` + 1))"] : []),
    ...(draw() < 0.4 ? ["`hidden` INT DEFAULT 7 INVISIBLE"] : []),
    ...(draw() < 0.4 ? ["`words` TEXT", "FULLTEXT KEY `ft` (`words`)"] : []),
    ...(draw() < 0.4 ? ["CONSTRAINT CHECK (`no` > -5)"] : []),
  ];
  const comment = `COMMENT 'about ${quote(first?.name ?? "").replaceAll("'", "''")} \\n-- Dump completed'`;
  return `CREATE TABLE ${quote(name)} (${lines.join(", ")}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ${comment}`;
}

function insertRows(draw: Draw, { name, columns }: TableDraft): string[] {
  const rows = Math.floor(draw() * draw() * 60);
  const names = ["`no`", ...columns.map((column) => quote(column.name))].join(", ");
  return Array.from({ length: rows }, (_, row) => {
    const values = columns.map(({ kind }) => (draw() < 0.15 ? "NULL" : kind.value(draw)));
    return `INSERT INTO ${quote(name)} (${names}) VALUES (${[row + 1, ...values].join(", ")})`;
  });
}

function cycle(): string[] {
  return [
    "CREATE TABLE `hen` (id INT PRIMARY KEY, egg INT, KEY (egg)) ENGINE=InnoDB",
    "CREATE TABLE `egg` (id INT PRIMARY KEY, hen INT, CONSTRAINT `laid``by` FOREIGN KEY (hen) REFERENCES hen (id) ON DELETE CASCADE)",
    "ALTER TABLE `hen` ADD CONSTRAINT `from` FOREIGN KEY (egg) REFERENCES egg (id) ON UPDATE SET NULL",
    "INSERT INTO hen VALUES (1, 2), (3, NULL)",
    "INSERT INTO egg VALUES (2, 1), (4, 3)",
  ];
}

function partitioned(draw: Draw): string[] {
  const rows = Array.from({ length: 40 }, (_, id) => `(${id}, ${2020 + Math.floor(draw() * 8)})`);
  return [
    "CREATE TABLE `by year` (id INT, y INT, PRIMARY KEY (id, y)) PARTITION BY RANGE (y) (PARTITION old VALUES LESS THAN (2023), PARTITION `new one` VALUES LESS THAN MAXVALUE)",
    `INSERT INTO \`by year\` VALUES ${rows.join(", ")}`,
  ];
}

const withoutRows = (): string[] => [
  "CREATE TABLE `zzz none` (id INT)",
  "CREATE TABLE `twins` (a INT, b VARCHAR(10))",
  "CREATE TABLE `counted` (a INT PRIMARY KEY, n INT NOT NULL AUTO_INCREMENT, KEY (n)) AUTO_INCREMENT=77",
  "INSERT INTO counted (a) VALUES (5), (3)",
  "INSERT INTO twins VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (NULL, NULL), (1, 'x')",
];

function programs(draw: Draw, tables: readonly TableDraft[]): string[] {
  const [table] = tables;
  const name = quote(table?.name ?? "");
  return [
    `CREATE VIEW \`a view\` AS SELECT no AS \`n;o\`, '--' AS \`dash\` FROM ${name}`,
    "CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW `0 of view` AS SELECT * FROM `a view` WHERE `n;o` > 0 WITH CASCADED CHECK OPTION",
    `CREATE TRIGGER \`t;1\` BEFORE INSERT ON ${name} FOR EACH ROW BEGIN
  -- it's a comment;; with a quote
  SET @seen = 'DELIMITER ;'; /* and ;; */
  SET NEW.no = NEW.no + ${Math.floor(draw() * 9)};
END`,
    `CREATE DEFINER=\`nobody; here\`@\`10.%\` TRIGGER \`t2\` AFTER DELETE ON ${name} FOR EACH ROW SET @gone = OLD.no`,
    "CREATE FUNCTION `f``n`(x INT) RETURNS VARCHAR(50) CHARSET utf8mb4 DETERMINISTIC COMMENT 'c;''' RETURN CONCAT('👋', x, ';')",
    'CREATE PROCEDURE `p q`(IN a INT, OUT b TEXT) READS SQL DATA BEGIN\n  DECLARE c CURSOR FOR SELECT 1;\n\n  SET b = "x;";\nEND',
    "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'",
    'CREATE PROCEDURE "odd mode"() SELECT \'\\\' AS "a;b"',
    "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
    "CREATE EVENT `e v` ON SCHEDULE EVERY 3 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'x' DO BEGIN SELECT 1; SELECT ';'; END",
  ];
}
