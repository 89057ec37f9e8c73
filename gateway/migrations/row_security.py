"""Row-level security: which rows a caller of the web service sees; the other roles see all."""

from sqlalchemy import Connection, text

CALLER = "motem_caller"
OTHERS = "motem_app, motem_linkage, motem_owner"
ALLOWED = "(SELECT string_to_array(current_setting('motem.sees', true), ' '))::text[]"
"""What the caller was told that it sees (`gateway.acting.Rows`), read once for a statement. Where
nobody said anything it is null or empty, and nothing is seen."""
TYPES = "(SELECT string_to_array(current_setting('motem.types', true), ' '))::text[]"
BODY = "(SELECT nullif(current_setting('motem.body', true), ''))"
OWN_CHILDREN = "(SELECT current_setting('motem.children', true) = 'own')"
IS_OWN_CHILD = """
CREATE FUNCTION motem_is_own_child(record text, body text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT EXISTS (SELECT FROM linkage_record one JOIN linkage_record own USING (identity_id)
                 WHERE one.record_id = record AND own.custodian = body)
$$
"""
"""Whether a body has a record of the child of a record: asked as the owner, for whom no condition
holds, or the condition would ask itself."""
RECORD_WIDE = "array_remove(array_remove(sensitivity, 'HIV'), 'informant')"
"""Labels of a whole record. These two mark single resources of it, which carry them themselves."""


def _near(source: str, province: str) -> str:
    place = f"coalesce({province}, 'unknown')"
    atoms = f"{source} || '@' || {place}, {source} || '@*', '*@' || {place}, '*@*'"
    return f"ARRAY[{atoms}] && {ALLOWED}"


def _labelled(source: str, labels: str) -> str:
    atoms = f"{source} || '+' || label, {source} || '+*', '*+' || label, '*+*'"
    return (
        f"NOT EXISTS (SELECT FROM unnest({labels}) AS label WHERE NOT ARRAY[{atoms}] && {ALLOWED})"
    )


def _own(custodian: str) -> str:
    return f"coalesce({custodian} = {BODY}, false)"


def _of_a_record(id_: str) -> str:
    return (
        f"{_own('custodian')} OR ({_near('source', 'province')} AND"
        f" {_labelled('source', RECORD_WIDE)} AND"
        f" ({OWN_CHILDREN} IS NOT TRUE OR motem_is_own_child({id_}, {BODY})))"
    )


OF_A_RESOURCE = (
    "(ARRAY[type, '*']::text[] && " + TYPES + ") AND CASE"
    " WHEN record_id IS NOT NULL THEN EXISTS (SELECT FROM registry_record r"
    " WHERE r.id = registry_resource.record_id AND"
    f" ({_own('registry_resource.custodian')} OR"
    f" {_labelled('r.source', 'registry_resource.sensitivity')}))"
    " WHEN type = 'Patient' THEN EXISTS (SELECT FROM linkage_record l"
    " WHERE l.identity_id = registry_resource.id OR l.founding_id = registry_resource.id)"
    " ELSE true END"
)
"""A golden Patient is seen by whoever sees one of its records; bodies and places by everybody."""
SAYS = """
CREATE FUNCTION motem_says(identity text, name text, told text, further text,
                           since timestamptz, until timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public AS $$
  SELECT l.record_id FROM linkage_record l
  JOIN registry_search s ON s.type = 'Patient' AND s.id = l.record_id AND s.parameter = name
   AND s.value IS NOT DISTINCT FROM told AND s.qualifier IS NOT DISTINCT FROM further
   AND s.low IS NOT DISTINCT FROM since AND s.high IS NOT DISTINCT FROM until
  WHERE l.identity_id = identity COLLATE "default"
$$
"""
"""Which records of a child say what its golden Patient is found by: asked as the owner, as above."""
SHARING = {
    name: f"""
CREATE FUNCTION {name}(keys text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = public AS $$
  SELECT record_id FROM linkage_record WHERE block_keys {operator} keys
$$
"""
    for name, operator in (("motem_sharing", "&&"), ("motem_sharing_all", "@>"))
}
"""Ids of the records that share any, or all, of some block keys: asked as the owner, because the
database trusts an operator of arrays no index where a condition on rows holds too. Who asks then
sees of these what it sees of all."""
ABOUT_ITSELF = "(parameter IN ('_meta', 'active') OR parameter = '_tag' AND value = 'golden')"
"""What a golden Patient says of itself, and no record says."""
DEFAULT = 'COLLATE "default"'
"""Searches are kept in the collation C, all else in that of the database: an index is asked only by
its own, and without an index each row of a search would ask for all rows of another table."""
OF_A_RECORD_THAT_IS_SEEN = (
    "(parameter = 'link' AND EXISTS (SELECT FROM registry_record led"
    f" WHERE led.id = registry_search.value {DEFAULT} OFFSET 0))"
)
"""By its links a golden Patient stands for its records where somebody searches along a reference."""
OF_A_SEARCH = (
    f"EXISTS (SELECT FROM registry_resource k WHERE k.type = registry_search.type {DEFAULT}"
    f" AND k.id = registry_search.id {DEFAULT} AND k.is_current OFFSET 0) AND"
    f" (type <> 'Patient' OR NOT listed OR {ABOUT_ITSELF} OR {OF_A_RECORD_THAT_IS_SEEN} OR"
    " EXISTS (SELECT FROM"
    " motem_says(registry_search.id, parameter, value, qualifier, low, high) AS said (id)"
    f" JOIN registry_record r ON r.id = said.id {DEFAULT} OFFSET 0))"
)
"""OFFSET 0: asked of each row, never of a table that is read as a whole first. A golden Patient is found by what a record says that may be seen: else a search would tell what
the answer leaves out."""
VISIBLE = {
    "registry_record": _of_a_record("id"),
    "linkage_record": _of_a_record("record_id"),
    "registry_resource": OF_A_RESOURCE,
    "registry_search": OF_A_SEARCH,
}
"""Table → condition. Of every other table that is protected a caller sees nothing."""

CHILD = "(SELECT nullif(current_setting('motem.child', true), ''))"
LEADS_TO = """
CREATE FUNCTION motem_leads_to(identity text, child text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT EXISTS (SELECT FROM linkage_record WHERE founding_id = identity AND identity_id = child)
     AND NOT EXISTS (SELECT FROM linkage_record WHERE identity_id = identity)
$$
"""
"""Whether an identity is retired and led to a child: asked as the owner, as above."""
ONE_CHILD = {
    "linkage_record": f"{CHILD} IS NULL OR identity_id = {CHILD}",
    "registry_record": (
        f"{CHILD} IS NULL OR EXISTS (SELECT FROM linkage_record l"
        " WHERE l.record_id = registry_record.id)"
    ),
    "registry_resource": (
        f"{CHILD} IS NULL OR type <> 'Patient' OR record_id IS NOT NULL OR id = {CHILD}"
        f" OR motem_leads_to(id, {CHILD})"
    ),
}
"""Table → what of the visible is of the child of an emergency access; all where there is none. What
is kept of a record is seen through its row in `registry_record`, a search through its resource."""


def narrow_to_one_child(connection: Connection) -> None:
    """Restrictive: beside these no other policy shows anything."""
    connection.execute(text(LEADS_TO))
    for table, condition in ONE_CHILD.items():
        connection.execute(
            text(
                f"CREATE POLICY one_child ON {table} AS RESTRICTIVE FOR SELECT TO {CALLER}"
                f" USING ({condition})"
            )
        )


def no_longer_narrow(connection: Connection) -> None:
    for table in ONE_CHILD:
        connection.execute(text(f"DROP POLICY one_child ON {table}"))
    connection.execute(text("DROP FUNCTION motem_leads_to"))


def protect(connection: Connection, table: str, visible: str | None = None) -> None:
    """Only the roles of the service see all rows; a caller those for which `visible` holds.

    Of a constant condition nothing is left in a plan: for the service it costs nothing.
    """
    for statement in (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY everything ON {table} TO {OTHERS} USING (true) WITH CHECK (true)",
        f"GRANT SELECT ON {table} TO {CALLER}",
    ):
        connection.execute(text(statement))
    if visible:
        connection.execute(
            text(f"CREATE POLICY seen ON {table} FOR SELECT TO {CALLER} USING ({visible})")
        )


def unprotect(connection: Connection, table: str) -> None:
    for statement in (
        f"DROP POLICY IF EXISTS seen ON {table}",
        f"DROP POLICY everything ON {table}",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ):
        connection.execute(text(statement))
