"""croissant.json: the dataset in MLCommons' Croissant 1.1, with what is true of it from the RAI vocabulary.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html and …/croissant-rai-spec.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from cleaning.tables import ARTICLES
from pipelines.manifest import version_of
from pipelines.papers.licence import about_of, authors_of, licence_of, title_of
from pipelines.papers.statements import LIMITS, personal, steps, takedown

PARQUET = "application/x-parquet"  # as the specification and its readers have it

# The context that the specification prints, in its order.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(manifest: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    """The description of a dataset as JSON-LD. `languages`: the tags of its rows, without `und`.

    Paths are relative to the file, so that it is true wherever the folder lies.
    """
    about, licence, title = about_of(manifest), licence_of(manifest), title_of(manifest)
    version = version_of(manifest)
    data = [entry for entry in manifest["files"] if entry["path"].startswith("data/")]
    credit = "; ".join(authors_of(manifest)) or f"The makers of {title}"
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": title,
        "description": about.get("description", f"{manifest['rows']:,} articles, cleaned by tamis."),
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "version": version,
        "citeAs": f"{credit}: {title}, version {version}.",
        "keywords": ["news", "text", "tamis"],
        "inLanguage": list(languages),
        "creator": [{"@type": "sc:Organization", "name": name} for name in authors_of(manifest)],
        "license": licence and (licence.url or licence.name),
        "url": about.get("homepage"),
        "isLiveDataset": False,
        "rai:dataPreprocessingProtocol": steps(manifest),
        "rai:dataImputationProtocol": "None: what the record or its page does not state is null.",
        "rai:dataLimitations": list(LIMITS),
        "rai:personalSensitiveInformation": personal(manifest),
        "rai:dataReleaseMaintenancePlan": takedown(manifest),
        "rai:dataCollection": about.get("attribution"),
        "rai:machineAnnotationTools": [f"tamis {manifest['pipeline_version']}"],
        "distribution": [_file_object(entry) for entry in data] + [_file_set(data)],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "articles",
                "name": "articles",
                "description": "One record for each article.",
                "key": {"@id": "articles/doc_id"},
                "field": [_field(column) for column in ARTICLES],
            }
        ],
    }
    return {name: value for name, value in described.items() if value not in (None, [])}


def _file_object(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": entry["path"],
        "name": entry["path"],
        "contentUrl": entry["path"],
        "contentSize": f"{entry['bytes']} B",
        "encodingFormat": PARQUET,
        "sha256": entry["sha256"],
    }


def _file_set(data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": "data",
        "name": "data",
        "description": "The data files: the split `train`.",
        "encodingFormat": PARQUET,
        "includes": "data/train-*.parquet",
    }


def _field(column: pa.Field) -> dict[str, Any]:
    listed = pa.types.is_list(column.type)
    inner = column.type.value_type if listed else column.type
    found: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"articles/{column.name}",
        "name": column.name,
        "description": column.metadata[b"description"].decode(),
        "source": {"fileSet": {"@id": "data"}, "extract": {"column": column.name}},
    }
    if listed:
        found |= {"isArray": True, "arrayShape": "-1"}
    if pa.types.is_struct(inner):
        found["subField"] = [
            {
                "@type": "cr:Field",
                "@id": f"articles/{column.name}/{inner.field(number).name}",
                "name": inner.field(number).name,
                "dataType": _data_type(inner.field(number).type),
                "source": {
                    "fileSet": {"@id": "data"},
                    "extract": {"column": column.name},
                    "transform": {"jsonPath": inner.field(number).name},
                },
            }
            for number in range(inner.num_fields)
        ]
    else:
        found["dataType"] = _data_type(inner)
    return found


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _data_type(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "sc:DateTime"
    if pa.types.is_integer(kind):
        return f"cr:{str(kind).title()}"
    if pa.types.is_floating(kind):
        return {"float": "cr:Float32", "double": "cr:Float64"}[str(kind)]
    if pa.types.is_string(kind):
        return "sc:Text"
    raise TypeError(f"Croissant has no type for {kind}")
