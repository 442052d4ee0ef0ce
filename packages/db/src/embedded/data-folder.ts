// Where the files of PGlite lie in the folder of an embedded database.

export const dataName = "data";
/** While it is being made: what a kill leaves half done is never taken for a database. */
export const unfinishedName = "data.new";
