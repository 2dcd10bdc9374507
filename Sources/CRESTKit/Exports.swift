// One import is enough for people who embed the library.
@_exported public import CRESTRecords
@_exported public import ClinicalTree
@_exported public import Conformance
@_exported public import FHIRModels
@_exported public import FHIRPath
