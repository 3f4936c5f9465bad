-- Before claim.sql: it need not be on the disk. Only where the machine itself stops is it forgotten, and with the
-- machine its holder has stopped.
PRAGMA synchronous = NORMAL
