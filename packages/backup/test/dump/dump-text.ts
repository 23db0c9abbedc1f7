/** A small dump as mysqldump 9.7 writes it, with what is hard to read. */
export const DUMP = `-- MySQL dump 10.13  Distrib 9.7.0, for Linux (x86_64)
--
-- Host: 127.0.0.1    Database: blog
-- ------------------------------------------------------
-- Server version	9.7.0

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;

--
-- GTID state at the beginning of the backup 
--

/* SET @@GLOBAL.GTID_PURGED='+3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,
4e11fa47-71ca-11e1-9e33-c80aa9429562:1-7'*/;

--
-- Position to start replication or point-in-time recovery from
--

-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000002', SOURCE_LOG_POS=1570;

--
-- Table structure for table \`po\`\`sts; a\`
--

CREATE TABLE \`po\`\`sts; a\` (
  \`id\` int NOT NULL COMMENT 'it''s; -- a /* note',
  PRIMARY KEY (\`id\`)
) ENGINE=InnoDB;

INSERT INTO \`po\`\`sts; a\` VALUES (1,'a),(b;\\n\\'',NULL),(2,'',0x00FF);
INSERT INTO \`po\`\`sts; a\` VALUES (3,'\\\\',1.5);

CREATE TABLE \`empty\` (
  \`id\` int
) ENGINE=InnoDB;
/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=\`no body\`@\`%\`*/ /*!50003 TRIGGER \`count it\` BEFORE INSERT ON \`empty\` FOR EACH ROW BEGIN
  -- it's a comment;;
  SET @a = 'DELIMITER ;'; /* ;; */ SET @b = 2;
END */;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
/*!50001 CREATE VIEW \`seen\` AS SELECT 
 1 AS \`id\`*/;
DELIMITER ;;
CREATE DEFINER=\`root\`@\`localhost\` FUNCTION \`two\`() RETURNS int
    DETERMINISTIC
RETURN 2 ;;
DELIMITER ;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=\`root\`@\`localhost\` SQL SECURITY DEFINER */
/*!50001 VIEW \`seen\` AS select 1 AS \`id\` */;

-- Dump completed
`;

/** The same text in pieces of so many bytes. */
export function inPieces(text: string, bytes: number): Buffer[] {
  const whole = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < whole.length; at += bytes) pieces.push(whole.subarray(at, at + bytes));
  return pieces;
}
