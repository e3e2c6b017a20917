import {
  CustomVariableSupport,
  type DataQueryRequest,
  type DataQueryResponse,
  createDataFrame,
  FieldType,
} from '@grafana/data';
import { from, map, type Observable } from 'rxjs';

import { VariableQueryEditor } from '../components/VariableQueryEditor';
import type { HeadroomDataSource } from '../datasource';
import type { HeadroomJsonData, HeadroomQuery, HeadroomVariableQuery } from '../types';
import { defaultVariableQuery, normalizeVariableQuery } from './variableQuery';

/** Deployments, models, runs and service levels as dashboard variables. */
export class HeadroomVariableSupport extends CustomVariableSupport<
  HeadroomDataSource,
  HeadroomVariableQuery,
  HeadroomQuery,
  HeadroomJsonData
> {
  override editor = VariableQueryEditor;

  constructor(private readonly datasource: HeadroomDataSource) {
    super();
  }

  override getDefaultQuery(): Partial<HeadroomQuery> {
    return defaultVariableQuery();
  }

  override query(request: DataQueryRequest<HeadroomVariableQuery>): Observable<DataQueryResponse> {
    const query = normalizeVariableQuery(request.targets[0]);
    return from(this.datasource.choices(query, request.scopedVars, request.range)).pipe(
      map((choices) => ({
        data: [
          createDataFrame({
            fields: [
              { name: 'text', type: FieldType.string, values: choices.map(({ text }) => text) },
              { name: 'value', type: FieldType.string, values: choices.map(({ value }) => value) },
            ],
          }),
        ],
      })),
    );
  }
}
