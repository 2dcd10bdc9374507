/// The disease: records of calcinosis cutis and CREST syndrome, and the guide to them.
public enum CREST {
  /// The canonical base of the profiles and code systems of this project; see `Profiles/`.
  public static let canonicalBase = "https://crestkit.example/fhir"

  /// The code system of the guide's statements: the system of the tags that link records to it.
  public static let guideSystem = canonicalBase + "/CodeSystem/crest-guide"

  /// The code system of concepts without a verified code of a standard terminology.
  public static let conceptSystem = canonicalBase + "/CodeSystem/crest-concept"

  /// The code system of present, absent, not assessed and unknown.
  public static let statusSystem = canonicalBase + "/CodeSystem/manifestation-status"

  /// The profile of records whose parts agree with each other.
  public static let recordProfile = canonicalBase + "/StructureDefinition/crest-bundle-record"

  /// The profile of records as they are submitted to a registry.
  public static let submissionProfile =
    canonicalBase + "/StructureDefinition/crest-bundle-submission"
}
