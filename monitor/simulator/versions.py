"""What the versions of Orchestrator know of each entity: the fields and names that came later.

Source: Orchestrator reference, endpoints (`since` of the field tables); field lists of the
specifications of 2018.4, 2019.10, 2020.10 and API 20.0.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum
from types import MappingProxyType

from monitor.simulator.entities import ENUMS
from monitor.simulator.schema import Choices, Entity, Field, fields_of


class Version(IntEnum):
    """The versions there are profiles of, in the order in which they came."""

    V2018_4 = 1
    V2019_10 = 2
    V2020_10 = 3
    V2022_4 = 4
    V2023_10 = 5
    CLOUD = 6


# Since when an entity has a field; what is not named has been there from the first on. Between
# 2020.10 and the cloud no specification was published: what came in between is taken for 2022.4's.
_SINCE: Mapping[str, Mapping[Version, str]] = {
    "FolderDto": {
        Version.V2020_10: "Key IsPersonal ParentKey FeedType",
        Version.V2022_4: "FolderType",
    },
    "ExtendedFolderDto": {
        Version.V2020_10: "Key IsPersonal ParentKey FeedType",
        Version.V2022_4: "FolderType",
    },
    "RobotWithLicenseDto": {
        Version.V2019_10: "ExternalName ProvisionType CredentialStoreId UserId IsExternalLicensed",
        Version.V2020_10: "Enabled LimitConcurrentExecution",
        Version.V2022_4: "LastModificationTime LastModifierUserId CreationTime CreatorUserId",
    },
    "SessionDto": {
        Version.V2019_10: "OrganizationUnitId FolderName",
        Version.V2022_4: "RobotSessionType Version Source DebugModeExpirationDate UpdateInfo "
        "InstallationId Platform EndpointDetection",
    },
    "MachineSessionDto": {
        Version.V2022_4: "RobotSessionType Source DebugModeExpirationDate UpdateInfo "
        "InstallationId Platform EndpointDetection",
    },
    "MachineDto": {
        Version.V2019_10: "Description",
        Version.V2020_10: "Scope HeadlessSlots TestAutomationSlots Key",
        Version.V2022_4: "HostingSlots AppTestSlots PerformanceTestSlots AutomationCloudSlots "
        "AutomationCloudTestAutomationSlots EndpointDetectionStatus RobotUsers AutomationType "
        "TargetFramework ServerlessLicensingModel UpdatePolicy ClientSecret Tags "
        "MaintenanceWindow VpnSettings",
    },
    "QueueDefinitionDto": {
        Version.V2019_10: "SpecificDataJsonSchema OutputDataJsonSchema AnalyticsDataJsonSchema "
        "ProcessScheduleId SlaInMinutes RiskSlaInMinutes ReleaseId",
        Version.V2020_10: "OrganizationUnitId OrganizationUnitFullyQualifiedName",
        Version.V2022_4: "Key Encrypted IsProcessInCurrentFolder FoldersCount Tags",
        Version.CLOUD: "RetryAbandonedItems",  # API 18
    },
    "QueueProcessingStatusDto": {
        Version.V2019_10: "ReleaseName SpecificDataJsonSchemaExists OutputDataJsonSchemaExists "
        "AnalyticsDataJsonSchemaExists ProcessScheduleId",
        Version.V2022_4: "QueueDefinitionKey ReleaseId IsProcessInCurrentFolder QueueFoldersCount "
        "Tags",
        Version.CLOUD: "QueueDefinitionRetryAbandonedItems",  # API 18, as that of the definition
    },
    "QueueItemDto": {
        Version.V2019_10: "Analytics AnalyticsData RiskSlaDate",
        Version.V2020_10: "OrganizationUnitId OrganizationUnitFullyQualifiedName",
        Version.V2022_4: "Encrypted RobotId CreatorJobKey ExecutorJobKey ManualAncestorId "
        "ManualRetryNumber UniqueKey ParentOperationId OperationId",
    },
    "LicenseDto": {
        Version.V2019_10: "GracePeriodEndDate GracePeriod StudioXConcurrent LicensedFeatures",
        Version.V2020_10: "VersionControl StudioProConcurrent",
        Version.V2022_4: "IsCommunity IsProOrEnterprise SubscriptionCode SubscriptionPlan "
        "UserLicensingEnabled",
    },
}

# Fields that are gone from later versions, with the last version that has them.
_UNTIL: Mapping[str, tuple[Version, Mapping[str, Field]]] = {
    "RobotWithLicenseDto": (Version.V2019_10, fields_of("Version:text", ENUMS)),
    "LicenseDto": (Version.V2020_10, fields_of("HostLicenseId:int", ENUMS)),
}

_ROBOT_TYPES_2020_10 = (
    "NonProduction Attended Unattended Studio/Development StudioX Headless StudioPro TestAutomation"
)

# The names of an enumeration in old versions, where it has grown since: the first that fits counts.
_NAMES: Mapping[str, tuple[tuple[Version, Choices], ...]] = {
    "RobotType": (
        (Version.V2018_4, Choices.of("NonProduction Attended Unattended Development")),
        (
            Version.V2019_10,
            Choices.of("NonProduction Attended Unattended Studio/Development StudioX"),
        ),
        (Version.V2020_10, Choices.of(_ROBOT_TYPES_2020_10)),
    ),
    "LicenseErrorCode": (
        (Version.V2018_4, ENUMS["LicenseErrorCode"].first(10)),
        (Version.V2019_10, ENUMS["LicenseErrorCode"].first(11)),
    ),
    "CredentialType": (
        (Version.V2019_10, Choices.of("Default SmartCard")),
        (Version.V2020_10, Choices.of("Default SmartCard NCipher SafeNet")),
    ),
    "MachineScope": ((Version.V2020_10, ENUMS["MachineScope"].first(4)),),
}
_NAME_OF = {id(choices): name for name, choices in ENUMS.items()}


def choices_of(name: str, version: Version) -> Choices:
    """Return an enumeration with the names that a version has."""
    known = (choices for last, choices in _NAMES.get(name, ()) if version <= last)
    return next(known, ENUMS[name])


def shaped(entity: Entity, version: Version) -> Entity:
    """Return the entity with the fields, and the names of enumerations, that a version has."""
    later = {
        name
        for since, names in _SINCE.get(entity.name, {}).items()
        if version < since
        for name in names.split()
    }
    last, gone_since = _UNTIL.get(entity.name, (Version.CLOUD, {}))
    fields = {name: _dated(field, version) for name, field in entity.fields.items()}
    kept = {name: field for name, field in fields.items() if name not in later}
    if version <= last:
        kept |= gone_since
    return replace(
        entity,
        fields=MappingProxyType(kept),
        navigation=MappingProxyType(
            {name: shaped(inner, version) for name, inner in entity.navigation.items()}
        ),
    )


def _dated(field: Field, version: Version) -> Field:
    if field.choices is None:
        return field
    return replace(field, choices=choices_of(_NAME_OF[id(field.choices)], version))
