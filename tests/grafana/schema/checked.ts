import type { AnnotationQuery, Dashboard } from '@grafana/schema';

// JSON has no enumerations: their values stand in for them.
type Plain<T> = T extends string
  ? `${T}`
  : T extends (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [Name in keyof T]: Plain<T[Name]> }
      : T;

// @grafana/schema has no type for queries of the PostgreSQL data source.
interface SqlQuery {
  datasource: { type: 'grafana-postgresql-datasource'; uid: string };
  editorMode: 'code';
  format: 'table' | 'time_series';
  rawQuery: true;
  rawSql: string;
  refId: string;
}

type SqlAnnotation = Omit<Plain<AnnotationQuery>, 'target'> & { target: SqlQuery };

export type Checked = Omit<Plain<Dashboard>, 'annotations'> & { annotations: { list: SqlAnnotation[] } };
