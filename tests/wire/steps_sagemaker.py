"""The steps of SageMaker. Of the emulators only moto has it."""

from steps import MOTO, step

MODEL = "fraud-v427"
ROLE = "arn:aws:iam::111122223333:role/meridian-fraud-endpoint-eu-west-1"
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"


@step("sagemaker", MOTO)
def sagemaker_create_a_model(at, sagemaker):
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{at.bucket}/releases/a", "Environment": {"A": "1"}}
    said = sagemaker.create_model(ModelName=MODEL, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    return {"arn": said["ModelArn"].replace(at.account, "ACCOUNT")}


@step("sagemaker", MOTO)
def sagemaker_create_the_model_again(at, sagemaker):
    sagemaker.create_model(ModelName=MODEL, PrimaryContainer={"Image": IMAGE}, ExecutionRoleArn=ROLE)


@step("sagemaker", MOTO)
def sagemaker_describe_the_model(at, sagemaker):
    said = sagemaker.describe_model(ModelName=MODEL)
    container = {name: said["PrimaryContainer"].get(name) for name in ("Image", "ModelDataUrl", "Environment")}
    return container | {"role": said["ExecutionRoleArn"]}


@step("sagemaker", MOTO)
def sagemaker_describe_a_model_that_is_not_there(at, sagemaker):
    sagemaker.describe_model(ModelName="none")


def variant(model: str) -> dict:
    return {
        "VariantName": "AllTraffic", "ModelName": model, "InitialInstanceCount": 2, "InstanceType": "ml.m5.xlarge",
        "InitialVariantWeight": 1.0,
    }


@step("sagemaker", MOTO)
def sagemaker_create_a_configuration(at, sagemaker):
    said = sagemaker.create_endpoint_config(EndpointConfigName=MODEL, ProductionVariants=[variant(MODEL)])
    return {"arn": said["EndpointConfigArn"].replace(at.account, "ACCOUNT")}


@step("sagemaker", MOTO)
def sagemaker_create_the_configuration_again(at, sagemaker):
    sagemaker.create_endpoint_config(EndpointConfigName=MODEL, ProductionVariants=[variant(MODEL)])


@step("sagemaker", MOTO)
def sagemaker_create_a_configuration_of_a_model_that_is_not_there(at, sagemaker):
    sagemaker.create_endpoint_config(EndpointConfigName="other", ProductionVariants=[variant("none")])


@step("sagemaker", MOTO)
def sagemaker_create_a_configuration_with_a_name_of_64_characters(at, sagemaker):
    sagemaker.create_endpoint_config(EndpointConfigName="n" * 64, ProductionVariants=[variant(MODEL)])


@step("sagemaker", MOTO)
def sagemaker_describe_the_configuration(at, sagemaker):
    said = sagemaker.describe_endpoint_config(EndpointConfigName=MODEL)["ProductionVariants"][0]
    return {name: said.get(name) for name in variant(MODEL)}


@step("sagemaker", MOTO)
def sagemaker_describe_a_configuration_that_is_not_there(at, sagemaker):
    sagemaker.describe_endpoint_config(EndpointConfigName="none")


@step("sagemaker", MOTO)
def sagemaker_create_an_endpoint(at, sagemaker):
    said = sagemaker.create_endpoint(EndpointName="compared", EndpointConfigName=MODEL)
    return {"arn": said["EndpointArn"].replace(at.account, "ACCOUNT")}


@step("sagemaker", MOTO)
def sagemaker_describe_the_new_endpoint(at, sagemaker):
    said = sagemaker.describe_endpoint(EndpointName="compared")
    return {"status": said["EndpointStatus"], "config": said["EndpointConfigName"]}


@step("sagemaker", MOTO)
def sagemaker_create_the_endpoint_again(at, sagemaker):
    sagemaker.create_endpoint(EndpointName="compared", EndpointConfigName=MODEL)


@step("sagemaker", MOTO)
def sagemaker_create_an_endpoint_of_a_configuration_that_is_not_there(at, sagemaker):
    sagemaker.create_endpoint(EndpointName="other", EndpointConfigName="none")


@step("sagemaker", MOTO)
def sagemaker_update_an_endpoint_that_is_being_created(at, sagemaker):
    sagemaker.update_endpoint(EndpointName="compared", EndpointConfigName=MODEL)


@step("sagemaker", MOTO)
def sagemaker_describe_an_endpoint_that_is_not_there(at, sagemaker):
    sagemaker.describe_endpoint(EndpointName="none")


@step("sagemaker", MOTO)
def sagemaker_delete_a_model(at, sagemaker):
    sagemaker.create_model(ModelName="gone", PrimaryContainer={"Image": IMAGE}, ExecutionRoleArn=ROLE)
    sagemaker.delete_model(ModelName="gone")
    sagemaker.describe_model(ModelName="gone")


@step("sagemaker", MOTO)
def sagemaker_delete_a_model_that_is_not_there(at, sagemaker):
    sagemaker.delete_model(ModelName="none")


@step("sagemaker", MOTO)
def sagemaker_delete_a_configuration(at, sagemaker):
    sagemaker.create_endpoint_config(EndpointConfigName="gone", ProductionVariants=[variant(MODEL)])
    sagemaker.delete_endpoint_config(EndpointConfigName="gone")
    sagemaker.describe_endpoint_config(EndpointConfigName="gone")


@step("sagemaker", MOTO)
def sagemaker_delete_a_configuration_that_is_not_there(at, sagemaker):
    sagemaker.delete_endpoint_config(EndpointConfigName="none")


@step("sagemaker", MOTO)
def sagemaker_delete_an_endpoint_that_is_not_there(at, sagemaker):
    sagemaker.delete_endpoint(EndpointName="none")


def package(at, number: int) -> dict:
    container = {"Image": IMAGE, "ImageDigest": "sha256:" + "e" * 64, "ModelDataUrl": f"s3://{at.bucket}/releases/a"}
    served = {"Containers": [container], "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    return {
        "ModelPackageGroupName": at.group, "ModelPackageDescription": f"v{number}", "InferenceSpecification": served,
        "ModelApprovalStatus": "PendingManualApproval", "ClientToken": f"token-{number}",
        "CustomerMetadataProperties": {"version": f"v{number}"},
    }


@step("sagemaker", MOTO)
def sagemaker_create_two_package_versions(at, sagemaker):
    arns = [sagemaker.create_model_package(**package(at, number))["ModelPackageArn"] for number in (426, 427)]
    at.kept["packages"] = arns
    return {"arns": [arn.replace(at.account, "ACCOUNT") for arn in arns]}


@step("sagemaker", MOTO)
def sagemaker_create_a_package_version_with_a_token_again(at, sagemaker):
    again = sagemaker.create_model_package(**package(at, 427))["ModelPackageArn"]
    return {"the_same": again == at.kept["packages"][1]}


@step("sagemaker", MOTO)
def sagemaker_create_a_package_version_in_no_group(at, sagemaker):
    sagemaker.create_model_package(**package(at, 428) | {"ModelPackageGroupName": "none"})


@step("sagemaker", MOTO)
def sagemaker_describe_a_package_version(at, sagemaker):
    said = sagemaker.describe_model_package(ModelPackageName=at.kept["packages"][1])
    names = (
        "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageDescription", "ModelPackageStatus",
        "ModelApprovalStatus", "ModelPackageName", "CustomerMetadataProperties",
    )
    return {name: said.get(name) for name in names}


@step("sagemaker", MOTO)
def sagemaker_approve_a_package_version(at, sagemaker):
    arn = at.kept["packages"][0]
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="as good as v425",
        CustomerMetadataProperties={"auc": "0.91"},
    )
    said = sagemaker.describe_model_package(ModelPackageName=arn)
    return {name: said.get(name) for name in ("ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties")}


@step("sagemaker", MOTO)
def sagemaker_list_package_versions(at, sagemaker):
    said = sagemaker.list_model_packages(ModelPackageGroupName=at.group)["ModelPackageSummaryList"]
    return {"versions": [own["ModelPackageVersion"] for own in said]}


@step("sagemaker", MOTO)
def sagemaker_list_approved_package_versions(at, sagemaker):
    said = sagemaker.list_model_packages(ModelPackageGroupName=at.group, ModelApprovalStatus="Approved")
    return {"versions": [own["ModelPackageVersion"] for own in said["ModelPackageSummaryList"]]}


@step("sagemaker", MOTO)
def sagemaker_describe_a_package_version_that_is_not_there(at, sagemaker):
    sagemaker.describe_model_package(ModelPackageName=at.kept["packages"][0][:-1] + "99")
