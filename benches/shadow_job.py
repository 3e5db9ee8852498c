#!/usr/bin/env python3
"""What shadow-eval does, as it is usually written: boto3, tarfile, xgboost and scikit-learn, one process, one line of JSON.

Both archives and the held-out set are downloaded from S3 (the local world's), unpacked, scored, and compared by AUC; the verdict goes
back to S3. That is the least of what shadow-eval does, which checks digests, every gate and every region as well.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from xgboost_job import PHASES, load, phase, read_holdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--champion", required=True, help="keys in the bucket, or with --upload files")
    parser.add_argument("--challenger", required=True)
    parser.add_argument("--holdout", required=True)
    parser.add_argument("--features", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--upload", action="store_true", help="only put the files there, under their names")
    arguments = parser.parse_args()

    with phase("import"):
        import boto3
        from boto3.s3.transfer import TransferConfig
        from botocore.config import Config

        if not arguments.upload:
            import xgboost as xgb
            from sklearn.metrics import roc_auc_score

    config = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    s3 = boto3.client(
        "s3",
        endpoint_url=arguments.endpoint,
        region_name=arguments.region,
        config=config,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    # One request an object: the local S3 serves no ranges, and one process serves them all the faster.
    whole = TransferConfig(multipart_threshold=1 << 40, io_chunksize=1 << 20)
    if arguments.upload:
        for name in ("champion", "challenger", "holdout"):
            file = Path(getattr(arguments, name))
            s3.put_object(Bucket=arguments.bucket, Key=f"bench/{file.name}", Body=file.read_bytes())
        return
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for name in ("champion", "challenger", "holdout"):
            key = getattr(arguments, name)
            files[name] = Path(folder) / f"{name}-{Path(key).name}"
            with phase("download"):
                s3.download_file(arguments.bucket, key, str(files[name]), Config=whole)
        with phase("data"):
            features, labels = read_holdout(files["holdout"], arguments.features)
        aucs = {}
        for name in ("champion", "challenger"):
            booster = load(xgb, files[name], arguments.threads)
            with phase("score"):
                scores = booster.inplace_predict(features, validate_features=False)
            with phase("auc"):
                aucs[name] = float(roc_auc_score(labels, scores))
    verdict = "pass" if aucs["challenger"] >= aucs["champion"] - 0.01 else "fail"
    with phase("upload"):
        body = json.dumps({"verdict": verdict, "auc": aucs}).encode()
        s3.put_object(Bucket=arguments.bucket, Key="bench/evaluation.json", Body=body)
    print(json.dumps({"phases": PHASES, "laps": [], "auc": list(aucs.values()), "verdict": verdict}))


if __name__ == "__main__":
    main()
