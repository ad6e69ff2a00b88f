"""An asset's own bytes, for who may have that asset: as they are kept, or with the mark of the test stage."""

from __future__ import annotations

from imagewell.accounts.subject import Stage
from imagewell.assets.models import Asset
from imagewell.delivery.order import DeliveryOrder, StoreRef
from imagewell.faces.kit.library import library_of
from imagewell.faces.kit.pictures import Picture, StoredPicture
from imagewell.faces.kit.services import Services
from imagewell.transform.model import IDENTITY


async def original_of(services: Services, asset: Asset, request_id: str) -> Picture:
    """The bytes that leave this server for an asset, published or not. Raises: what delivering a test picture can."""
    if asset.stage == Stage.live:
        return stored(asset)
    order = DeliveryOrder(library_of(asset.account_id, asset.stage), asset.path, IDENTITY, request_id=request_id)
    return await services.delivery.hand_out(order, services.assets.original(asset))


def stored(asset: Asset) -> StoredPicture:
    """As they are kept: of the live stage, or for what stays in the test stage."""
    original = asset.original()
    body = StoreRef(original.key, original.size)
    return StoredPicture(body, original.content_type, original.identity, original.modified_at)
