"""Knobs of the store; variables `IMAGEWELL_STORAGE__*`. The address itself is `IMAGEWELL_STORAGE_URL`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

MIB = 1024 * 1024


class StorageSettings(BaseModel):
    """How object storage is reached. What is left empty is taken from the provider's own variables (`AWS_*`, …)."""

    model_config = ConfigDict(frozen=True)

    endpoint: str | None = Field(None, description="Address of an S3-compatible service, such as http://minio:9000.")
    region: str | None = Field(None, description="Region of the bucket.")
    access_key_id: SecretStr | None = Field(None, description="S3 access key.")
    secret_access_key: SecretStr | None = Field(None, description="S3 secret key.")
    virtual_hosted_style: bool = Field(False, description="Put the bucket's name in the host instead of the path.")
    allow_http: bool = Field(False, description="Speak plain HTTP with an endpoint that has no TLS.")
    options: dict[str, str] = Field(default_factory=dict, description="Further options of the provider, by name.")
    connect_timeout_s: Annotated[float, Field(gt=0)] = Field(5, description="Longest wait for a connection.")
    timeout_s: Annotated[float, Field(gt=0)] = Field(60, description="Longest time for one request.")
    retries: Annotated[int, Field(ge=0, le=20)] = Field(3, description="How often a failed request is repeated.")
    retry_for_s: Annotated[float, Field(gt=0)] = Field(20, description="No repeats after this time.")
    part_bytes: Annotated[int, Field(ge=5 * MIB)] = Field(16 * MIB, description="Size of one part of a large upload.")
    multipart_over_bytes: Annotated[int, Field(ge=5 * MIB)] = Field(
        64 * MIB, description="Files above this size go up in parts."
    )
    parallel_parts: Annotated[int, Field(ge=1, le=32)] = Field(4, description="Parts of one file sent at once.")
    scratch_bytes: Annotated[int, Field(ge=0)] = Field(
        2048 * MIB, description="Local disk kept for copies of remote originals that are being rendered."
    )
