"""The steps of CodePipeline. Of the emulators only moto has it: it keeps pipelines, runs none, and knows no jobs."""

import re

from steps import MOTO, step

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOKEN = "c" * 64


def start(at, codepipeline, **more) -> str:
    at.kept["execution"] = codepipeline.start_pipeline_execution(name=at.pipeline, **more)["pipelineExecutionId"]
    return at.kept["execution"]


@step("codepipeline", MOTO)
def codepipeline_list_the_pipelines(at, codepipeline):
    said = codepipeline.list_pipelines()["pipelines"]
    names = ("name", "version", "pipelineType", "executionMode")
    return {"pipelines": [{name: own.get(name) for name in names} for own in said]}


@step("codepipeline", MOTO)
def codepipeline_get_the_pipeline(at, codepipeline):
    said = codepipeline.get_pipeline(name=at.pipeline)
    own = said["pipeline"] | {"roleArn": said["pipeline"]["roleArn"].replace(at.account, "ACCOUNT")}
    return {"pipeline": own, "arn": said["metadata"]["pipelineArn"].replace(at.account, "ACCOUNT")}


@step("codepipeline", MOTO)
def codepipeline_get_a_version_of_the_pipeline_that_is_not_there(at, codepipeline):
    return {"version": codepipeline.get_pipeline(name=at.pipeline, version=9)["pipeline"]["version"]}


@step("codepipeline", MOTO)
def codepipeline_get_a_pipeline_that_is_not_there(at, codepipeline):
    codepipeline.get_pipeline(name="none")


@step("codepipeline", MOTO)
def codepipeline_list_executions_where_nothing_was_started(at, codepipeline):
    return {"executions": codepipeline.list_pipeline_executions(pipelineName=at.pipeline)["pipelineExecutionSummaries"]}


@step("codepipeline", MOTO)
def codepipeline_start_the_pipeline(at, codepipeline):
    return {"is_a_uuid": bool(UUID.fullmatch(start(at, codepipeline, clientRequestToken=TOKEN)))}


@step("codepipeline", MOTO)
def codepipeline_start_the_pipeline_with_the_same_token(at, codepipeline):
    first = at.kept["execution"]
    return {"the_same": start(at, codepipeline, clientRequestToken=TOKEN) == first}


@step("codepipeline", MOTO)
def codepipeline_start_the_pipeline_with_a_variable(at, codepipeline):
    variables = codepipeline.get_pipeline(name=at.pipeline)["pipeline"]["variables"]
    given = {"name": variables[0]["name"], "value": "given"}
    execution = start(at, codepipeline, variables=[given])
    said = codepipeline.get_pipeline_execution(pipelineName=at.pipeline, pipelineExecutionId=execution)["pipelineExecution"]
    own = [own for own in said["variables"] if own["name"] == given["name"]]
    return {"given": own, "said": len(said["variables"]), "of": len(variables)}


@step("codepipeline", MOTO)
def codepipeline_start_the_pipeline_with_a_variable_that_it_does_not_have(at, codepipeline):
    codepipeline.start_pipeline_execution(name=at.pipeline, variables=[{"name": "Strange", "value": "given"}])


@step("codepipeline", MOTO)
def codepipeline_get_an_execution_that_was_just_started(at, codepipeline):
    execution = start(at, codepipeline)
    said = codepipeline.get_pipeline_execution(pipelineName=at.pipeline, pipelineExecutionId=execution)["pipelineExecution"]
    names = ("pipelineName", "pipelineVersion", "status", "executionMode")
    return {name: said.get(name) for name in names} | {"trigger": said["trigger"]["triggerType"]}


@step("codepipeline", MOTO)
def codepipeline_list_the_actions_of_an_execution_that_was_just_started(at, codepipeline):
    execution = start(at, codepipeline)
    said = codepipeline.list_action_executions(pipelineName=at.pipeline, filter={"pipelineExecutionId": execution})
    return {"actions": said["actionExecutionDetails"]}


@step("codepipeline", MOTO)
def codepipeline_list_the_executions_newest_first(at, codepipeline):
    newest = start(at, codepipeline)
    said = codepipeline.list_pipeline_executions(pipelineName=at.pipeline, maxResults=2)["pipelineExecutionSummaries"]
    first = said[0]["pipelineExecutionId"] == newest
    return {"count": len(said), "newest_first": first, "trigger": said[0]["trigger"]["triggerType"]}


@step("codepipeline", MOTO)
def codepipeline_get_an_execution_that_is_not_there(at, codepipeline):
    none = "11111111-2222-4333-8444-555555555555"
    codepipeline.get_pipeline_execution(pipelineName=at.pipeline, pipelineExecutionId=none)


@step("codepipeline", MOTO)
def codepipeline_list_the_executions_of_a_pipeline_that_is_not_there(at, codepipeline):
    codepipeline.list_pipeline_executions(pipelineName="none")


@step("codepipeline", MOTO)
def codepipeline_start_a_pipeline_that_is_not_there(at, codepipeline):
    codepipeline.start_pipeline_execution(name="none")


@step("codepipeline", MOTO)
def codepipeline_answer_a_job_that_is_not_there(at, codepipeline):
    codepipeline.put_job_success_result(jobId="11111111-2222-4333-8444-555555555555")
