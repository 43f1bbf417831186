"""The entities of the API and their fields.

Source: Orchestrator reference, endpoints (sessions, robots, machines, folders, queues, licenses);
field lists of the OpenAPI document of API 20.0.
"""

from collections.abc import Mapping
from types import MappingProxyType

from monitor.simulator.schema import Choices, Entity, fields_of

ENUMS: Mapping[str, Choices] = MappingProxyType(
    {
        "SessionState": Choices.of("Available Busy Disconnected Unknown"),
        "RobotType": Choices.of(
            "NonProduction Attended Unattended Studio/Development/RpaDeveloper "
            "StudioX/CitizenDeveloper Headless StudioPro/RpaDeveloperPro TestAutomation "
            "AutomationCloud Serverless AutomationKit ServerlessTestAutomation "
            "AutomationCloudTestAutomation AttendedStudioWeb Hosting AssistantWeb "
            "ProcessOrchestration AgentService AppTest PerformanceTest"
        ),
        "HostingType": Choices.of("Standard Floating"),
        "ProvisionType": Choices.of("Manual Automatic"),
        "CredentialType": Choices.of("Default SmartCard NCipher SafeNet NoCredential"),
        "SessionType": Choices.of("LongLived Ephemeral"),
        "Source": Choices.of("Assistant StudioWeb StudioDesktop"),
        "Platform": Choices.of("Unknown Windows Linux OSX"),
        "MaintenanceMode": Choices.of("Default Enabled"),
        "MachineType": Choices.of("Standard Template"),
        "MachineScope": Choices.of(
            "Default Shared PersonalWorkspace Cloud Serverless AutomationCloudRobot ElasticRobot "
            "ProcessOrchestration AgentService"
        ),
        "AutomationType": Choices.of("Any Foreground Background"),
        "TargetFramework": Choices.of("Any Windows Portable"),
        "LicensingModel": Choices.of("RobotUnits LicenseSlots"),
        "Detection": Choices.of("NotAvailable Mixed Enabled"),
        "LicenseErrorCode": Choices.of(
            "NoLicense LicenseExpired LicenseUnregistered NoAvailableLicenses "
            "NotEnoughAvailableSlots NotEnoughRuntimeLicenses LicenseIsAlreadyInUse "
            "InvalidRequest SlotsExceedLicenseLimit RuntimeDisabled ExternalNotSupported "
            "UsageExceedsLicenseLimit LicenseNotCompatible"
        ),
        "FolderType": Choices.of("Standard Personal Virtual Solution DebugSolution"),
        "PermissionModel": Choices.of("InheritFromTenant FineGrained"),
        "FeedType": Choices.of("Undefined Processes Libraries PersonalWorkspace FolderHierarchy"),
        "QueueItemStatus": Choices.of("New InProgress Failed Successful Abandoned Retried Deleted"),
        "ReviewStatus": Choices.of("None InReview Verified Retried"),
        "Priority": Choices.of("High Normal Low"),
        "ExceptionType": Choices.of("ApplicationException BusinessException"),
    }
)

_FOLDER = (
    "Key:guid DisplayName:text FullyQualifiedName:text Description:text FolderType:FolderType "
    "IsPersonal:bool ProvisionType:ProvisionType PermissionModel:PermissionModel ParentId:int "
    "ParentKey:guid FeedType:FeedType Id:int"
)

FOLDER = Entity(name="FolderDto", key="Id", fields=fields_of(_FOLDER, ENUMS))

FOLDER_OF_NAVIGATION = Entity(
    name="ExtendedFolderDto",
    key="Id",
    fields=fields_of(f"IsSelectable:bool HasChildren:bool Level:int {_FOLDER}", ENUMS),
)

UNIT = Entity(
    name="OrganizationUnitDto", key="Id", fields=fields_of("DisplayName:text Id:int", ENUMS)
)

ROBOT = Entity(
    name="RobotWithLicenseDto",
    key="Id",
    fields=fields_of(
        "LicenseKey:text MachineName:text MachineId:int Name:text Username:text ExternalName:text "
        "Description:text Type:RobotType HostingType:HostingType ProvisionType:ProvisionType "
        "Password:text CredentialStoreId:int UserId:int Enabled:bool CredentialType:CredentialType "
        "Environments:data RobotEnvironments:text ExecutionSettings:data IsExternalLicensed:bool "
        "LimitConcurrentExecution:bool LastModificationTime:date LastModifierUserId:int "
        "CreationTime:date CreatorUserId:int Id:int",
        ENUMS,
    ),
)

_SESSION = (
    "HostMachineName:text MachineId:int MachineName:text State:SessionState "
    "ReportingTime:date Info:text IsUnresponsive:bool LicenseErrorCode:LicenseErrorCode "
    "OrganizationUnitId:int FolderName:text RobotSessionType:SessionType Version:text "
    "Source:Source DebugModeExpirationDate:date UpdateInfo:data InstallationId:guid "
    "Platform:Platform EndpointDetection:text Id:int"
)

SESSION = Entity(
    name="SessionDto",
    key="Id",
    fields=fields_of(_SESSION, ENUMS),
    navigation=MappingProxyType({"Robot": ROBOT}),
    orderable=frozenset({"Id", "HostMachineName", "Version", "Robot/Username", "Robot/Type"}),
)

MACHINE_SESSION = Entity(
    name="MachineSessionDto",
    key="Id",
    fields=fields_of(f"ServiceUserName:text {_SESSION}", ENUMS),
    navigation=MappingProxyType({"Robot": ROBOT}),
    orderable=SESSION.orderable,
)

MACHINE_RUNTIME = Entity(
    name="MachineSessionRuntimeDto",
    key="SessionId",
    fields=fields_of(
        "SessionId:int MachineId:int MachineName:text MaintenanceMode:MaintenanceMode "
        "HostMachineName:text RuntimeType:RobotType MachineType:MachineType "
        "MachineScope:MachineScope Status:SessionState IsUnresponsive:bool Runtimes:int "
        "UsedRuntimes:int ServiceUserName:text ReportingTime:date Version:text "
        "DebugModeExpirationDate:date Platform:Platform EndpointDetection:text TriggersCount:int",
        ENUMS,
    ),
)

MACHINE = Entity(
    name="MachineDto",
    key="Id",
    fields=fields_of(
        "LicenseKey:text Name:text Description:text Type:MachineType Scope:MachineScope "
        "NonProductionSlots:int UnattendedSlots:int HeadlessSlots:int TestAutomationSlots:int "
        "HostingSlots:int AppTestSlots:int PerformanceTestSlots:int AutomationCloudSlots:int "
        "AutomationCloudTestAutomationSlots:int Key:guid EndpointDetectionStatus:Detection "
        "RobotVersions:data RobotUsers:data AutomationType:AutomationType "
        "TargetFramework:TargetFramework ServerlessLicensingModel:LicensingModel "
        "UpdatePolicy:data ClientSecret:text Tags:data MaintenanceWindow:data VpnSettings:data "
        "Id:int",
        ENUMS,
    ),
)

QUEUE = Entity(
    name="QueueDefinitionDto",
    key="Id",
    fields=fields_of(
        "Key:guid Name:text Description:text MaxNumberOfRetries:int AcceptAutomaticallyRetry:bool "
        "RetryAbandonedItems:bool EnforceUniqueReference:bool Encrypted:bool "
        "SpecificDataJsonSchema:text OutputDataJsonSchema:text AnalyticsDataJsonSchema:text "
        "CreationTime:date ProcessScheduleId:int SlaInMinutes:int RiskSlaInMinutes:int "
        "ReleaseId:int IsProcessInCurrentFolder:bool FoldersCount:int OrganizationUnitId:int "
        "OrganizationUnitFullyQualifiedName:text Tags:data Id:int",
        ENUMS,
    ),
)

QUEUE_STATUS = Entity(
    name="QueueProcessingStatusDto",
    key="Id",
    fields=fields_of(
        "ItemsToProcess:int ItemsInProgress:int QueueDefinitionId:int QueueDefinitionKey:guid "
        "QueueDefinitionName:text QueueDefinitionDescription:text "
        "QueueDefinitionAcceptAutomaticallyRetry:bool QueueDefinitionRetryAbandonedItems:bool "
        "QueueDefinitionMaxNumberOfRetries:int QueueDefinitionEnforceUniqueReference:bool "
        "ProcessingMeanTime:number SuccessfulTransactionsNo:int ApplicationExceptionsNo:int "
        "BusinessExceptionsNo:int SuccessfulTransactionsProcessingTime:number "
        "ApplicationExceptionsProcessingTime:number BusinessExceptionsProcessingTime:number "
        "TotalNumberOfTransactions:int LastProcessed:date ReleaseName:text ReleaseId:int "
        "IsProcessInCurrentFolder:bool SpecificDataJsonSchemaExists:bool "
        "OutputDataJsonSchemaExists:bool AnalyticsDataJsonSchemaExists:bool ProcessScheduleId:int "
        "QueueFoldersCount:int Tags:data Id:int",
        ENUMS,
    ),
)

QUEUE_ITEM = Entity(
    name="QueueItemDto",
    key="Id",
    fields=fields_of(
        "QueueDefinitionId:int ProcessingException:data Encrypted:bool SpecificContent:data "
        "Output:data OutputData:text Analytics:data AnalyticsData:text Status:QueueItemStatus "
        "ReviewStatus:ReviewStatus ReviewerUserId:int Key:guid Reference:text "
        "ProcessingExceptionType:ExceptionType DueDate:date RiskSlaDate:date Priority:Priority "
        "RobotId:int CreatorJobKey:guid ExecutorJobKey:guid DeferDate:date StartProcessing:date "
        "EndProcessing:date SecondsInPreviousAttempts:int AncestorId:int RetryNumber:int "
        "ManualAncestorId:int ManualRetryNumber:int UniqueKey:guid SpecificData:text "
        "CreationTime:date Progress:text RowVersion:text ParentOperationId:text OperationId:text "
        "OrganizationUnitId:int OrganizationUnitFullyQualifiedName:text Id:int",
        ENUMS,
    ),
    orderable=frozenset({"Id", "DueDate", "StartProcessing", "EndProcessing"}),
)

LICENSE = Entity(
    name="LicenseDto",
    key="Id",
    fields=fields_of(
        "Id:int ExpireDate:int GracePeriodEndDate:int GracePeriod:int "
        "VersionControl:text Allowed:data Used:data AttendedConcurrent:bool "
        "DevelopmentConcurrent:bool StudioXConcurrent:bool StudioProConcurrent:bool "
        "LicensedFeatures:data IsRegistered:bool IsCommunity:bool IsProOrEnterprise:bool "
        "SubscriptionCode:text SubscriptionPlan:text IsExpired:bool CreationTime:date Code:text "
        "UserLicensingEnabled:bool",
        ENUMS,
    ),
)
